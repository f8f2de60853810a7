"""A binary heap of (time, code) pairs in an integer array; equal times come in the order of their codes.

A code packs an event: kind, truck and resource, `kind << 40 | truck << 20 | resource`.
"""

from numba import njit


@njit(cache=True, inline="always")
def less(heap, i, j):
    """Whether entry i comes before entry j."""
    return heap[i, 0] < heap[j, 0] or (heap[i, 0] == heap[j, 0] and heap[i, 1] < heap[j, 1])


@njit(cache=True)
def push(heap, size, time_ms, code):
    """Add an event; returns the new size."""
    i = size
    heap[i, 0] = time_ms
    heap[i, 1] = code
    while i > 0:
        parent = (i - 1) >> 1
        if not less(heap, i, parent):
            break
        for c in range(2):
            heap[i, c], heap[parent, c] = heap[parent, c], heap[i, c]
        i = parent
    return size + 1


@njit(cache=True)
def pop(heap, size):
    """Remove the first event (read it at index 0 before); returns the new size."""
    size -= 1
    heap[0, 0] = heap[size, 0]
    heap[0, 1] = heap[size, 1]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            return size
        if child + 1 < size and less(heap, child + 1, child):
            child += 1
        if not less(heap, child, i):
            return size
        for c in range(2):
            heap[i, c], heap[child, c] = heap[child, c], heap[i, c]
        i = child
