"""How often the audit finds the mistake that was planted: ``python -m benchmarks.audit``.

The cells are written as a user would (`cells`), their derivations by hand in plain NumPy
(`derivations`), and mistakes are planted in the text of these (`planting`): the audit's own
catalogue has no part in that. What it names is the planted mistake if it leads to the same
gradients for other weights and inputs too (`trial`).
"""
