"""The command line: four groups of commands, each imported only when called."""

from seatrial.cli.app import main as main
