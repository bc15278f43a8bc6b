"""The normal distribution's quantiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

#: Numerators and denominators of M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution,
#: Applied Statistics 37 (1988), PPND16; highest power first.
MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080),
    (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0),
)  # fmt: skip
NEAR_TAIL = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 0.241780725177450611770, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 0.148103976427480074590,
     0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
FAR_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     0.296560571828504891230, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 0.136929880922735805310, 0.599832206555887937690, 1.0),
)  # fmt: skip

#: The borders of the three formulas. The middle one is for shares up to REACH from 0.5 on either side. The near tail
#: goes on from there up to FAR, which is the square root of minus the logarithm of the tail's probability.
REACH, FAR = 0.425, 5.0


def normal_quantile(share: ArrayLike) -> Numbers:
    """The standard normal quantile of each `share`, in (0, 1); the result has the shape of `share`.

    It is right to about 16 digits. The middle 85 % of all shares are computed by +, -, * and / alone, so every
    machine gets the same double.
    """
    shares = np.asarray(share, np.float64)
    centred = shares - 0.5
    found = _ratio(MIDDLE, REACH**2 - centred * centred) * centred
    outside = np.abs(centred) > REACH
    if outside.any():
        side = shares[outside]
        root = np.sqrt(-np.log(np.minimum(side, 1 - side)))
        tail = _ratio(NEAR_TAIL, root - 1.6)
        if (root > FAR).any():
            tail = np.where(root > FAR, _ratio(FAR_TAIL, root - FAR), tail)
        found[outside] = np.copysign(tail, centred[outside])
    return found


def _ratio(powers: tuple[tuple[float, ...], tuple[float, ...]], at: Numbers) -> Numbers:
    above, below = (_polynomial(coefficients, at) for coefficients in powers)
    return above / below


def _polynomial(coefficients: tuple[float, ...], at: Numbers) -> Numbers:
    total = coefficients[0] * at
    for coefficient in coefficients[1:-1]:
        total += coefficient
        total *= at
    return total + coefficients[-1]
