"""What runs in a process of its own: these modules import next to nothing, so that each tool pays for its own."""
