"""What a board's work costs a battery: charges by kind of work, how long it lasts, and how sure that is."""

from .account import KINDS, QUALITY, Account, account
from .battery import Battery, batteries
from .work import Work

__all__ = ["KINDS", "QUALITY", "Account", "Battery", "Work", "account", "batteries"]
