"""The commands of the program that are not serving or working."""
