"""Dialects: the meaning that a product gives to objects, turned into the model.

A dialect claims objects and translates them; two dialects never claim one
object.  Everything here is pure: world in, model and findings out.
"""

from penstock.dialects.options import TranslateOptions
from penstock.dialects.translator import Translator, merge, translate

__all__ = ["TranslateOptions", "Translator", "merge", "translate"]
