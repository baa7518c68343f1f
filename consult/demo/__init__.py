"""The demonstration: a fictitious State's consultation, made by the same operations that people use."""
