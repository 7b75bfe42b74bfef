"""Addresses of this machine: which one each VIP and each stand-in pod gets, and who holds which."""

from penstock.runtime.addresses.assigner import AddressAssigner
from penstock.runtime.addresses.availability import Unavailable, not_own, probe
from penstock.runtime.addresses.claims import Claims
from penstock.runtime.addresses.pods import PodAddresses

__all__ = ["AddressAssigner", "Claims", "PodAddresses", "Unavailable", "not_own", "probe"]
