"""The policy and what it compiles to: what a stream is, how its quality is defined, what is done for each verdict."""

from . import plan
from .document import PolicyError, load, loads
from .expression import parse
from .form import PATIENT_DAYS, SLEEPS, Budget, Channel, Policy, Power, Service
from .plan import Cell, Column, Parent, Plan
from .plan_compiler import DEFAULT_FOLLOW, DEFAULT_WINDOWS, compile_policy
from .reader import MOST_CHANNELS, MOST_COUNTS

__all__ = [
    "DEFAULT_FOLLOW",
    "DEFAULT_WINDOWS",
    "MOST_CHANNELS",
    "MOST_COUNTS",
    "PATIENT_DAYS",
    "SLEEPS",
    "Budget",
    "Cell",
    "Channel",
    "Column",
    "Parent",
    "Plan",
    "Policy",
    "PolicyError",
    "Power",
    "Service",
    "compile_policy",
    "load",
    "loads",
    "parse",
    "plan",
]
