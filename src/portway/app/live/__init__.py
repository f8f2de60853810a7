"""Live control: the core of the simulator between real trucks, cranes and the TOS."""
