"""*Calculettes*: questions of law answered without a file. The address holds all of the question.

One module a calculator, each a `Calculator` (see `base`): the forms at left, the working at right.
What is typed becomes the document that the command of the same name reads, so that a page and the
command give the same answer. Nothing is stored.
"""
