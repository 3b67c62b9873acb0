"""What the clerk says where the text leaves two readings, or where it has not learned a thing."""


class Doubt(Exception):
    """The text leaves it open, or the clerk has not learned it: no figure."""
