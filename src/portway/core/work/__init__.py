"""What is to be done: job orders, units, crane queues and boxes, and what of it may change."""
