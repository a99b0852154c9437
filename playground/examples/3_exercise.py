# An exercise that explains what is wrong
from rnn.lessons import check

# %% The task
check("chain_rule.1")

# %% A wrong answer: read what comes back, then put yours
check("chain_rule.1", 1.0)
