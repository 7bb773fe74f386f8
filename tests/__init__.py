"""The tests: unit, contract, conversations, faults, real client, architecture."""
