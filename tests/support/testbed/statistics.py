"""Is a choice uniform? Pearson's chi-square test."""

import math


def chi_square(counts):
    """The statistic of `counts` against equal shares, with len(counts) - 1 degrees of freedom."""
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


def probability(counts):
    """How often a uniform choice among three deviates at least as much; 0 ... 1.

    With two degrees of freedom the distribution is exponential: exp(-x / 2).
    """
    assert len(counts) == 3
    return math.exp(-chi_square(counts) / 2)
