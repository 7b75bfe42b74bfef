"""One document of a file to objects and findings: what `parse` does for each piece of a text."""

from penstock.objects.read.document import read_document
from penstock.objects.read.identity import Identity
from penstock.objects.read.result import Read

__all__ = ["Identity", "Read", "read_document"]
