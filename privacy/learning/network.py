"""The network of a private learner: one hidden layer, gradients of each unit by Opacus, summed exactly and noised.

What a network multiplies is a multiple of `UNIT`, as serving multiplies it, and what flows back one of `PULL`, so that
every sum is exact: what is found of a unit depends on nobody beside it and on no size of chunks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch
from opacus import GradSampleModule
from opacus.optimizers import DPOptimizer

from features.arrays import Float64, Int64
from privacy.learning.step import Schedule, Total

if TYPE_CHECKING:
    from privacy.learning.noise import Noise

UNIT: Final = 2.0**-16
"""What weights, inputs and neurons are multiples of."""
PULL: Final = 2.0**-20
"""What is asked of a score, and of a neuron, is a multiple of."""


class NetworkShape(NamedTuple):
    """How large the parts of a network are, and so where its weights stand in one flat vector.

    Attributes:
        people: numbers of a person; the first is the same for all.
        neurons: of the hidden layer.
        columns: attributes of a programme.
        beside: weights that stand beside the two layers.
        always: what the neuron that is the same for everybody says.
        loudest: the most that any other says, a power of two.
    """

    people: int
    neurons: int
    columns: int
    beside: int
    always: float
    loudest: float

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Weights of the outer layer, [1 + neurons, columns], of the hidden one, [neurons, people], and beside."""
        return (1 + self.neurons) * self.columns, self.neurons * self.people, self.beside

    @property
    def size(self) -> int:
        """How many weights there are."""
        return sum(self.sizes)


class UnitBatch(NamedTuple):
    """The rows of some units, each filled up with empty rows and lists to the same size.

    Attributes:
        people: float64[U, L, people], the numbers of a person when a list was shown.
        lists: int64[U, R], which list of its unit a row is in.
        columns: float64[U, R, columns], the attributes of what was shown; 0 where a row is empty.
        place: int64[U, R, K], which weights beside the layers a row reads.
        amount: float64[U, R, K], times what.
    """

    people: Float64
    lists: Int64
    columns: Float64
    place: Int64
    amount: Float64


class _OnGrid(torch.autograd.Function):  # type: ignore[misc]  # torch is not read by mypy
    """The nearest multiple of `UNIT`; what flows back is one of `PULL`."""

    @staticmethod
    def forward(ctx: Any, values: Any) -> Any:  # noqa: ARG004 - as torch calls it
        return torch.round(values / UNIT) * UNIT

    @staticmethod
    def backward(ctx: Any, pulled: Any) -> Any:  # noqa: ARG004 - as torch calls it
        return torch.round(pulled / PULL) * PULL


class HiddenNetwork(torch.nn.Module):  # type: ignore[misc]  # likewise
    """Score = what a person's neurons make of a programme's attributes, and weights beside them."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.always, self.loudest = shape.always, shape.loudest
        self.outer = torch.nn.Linear(shape.columns, 1 + shape.neurons, bias=False, dtype=torch.float64)
        self.hidden = torch.nn.Linear(shape.people, shape.neurons, bias=False, dtype=torch.float64)
        self.beside = torch.nn.Embedding(shape.beside, 1, dtype=torch.float64)

    def forward(self, people: Any, lists: Any, columns: Any, place: Any, amount: Any) -> Any:
        """The score of each row, but for where its programme starts: [U, R]."""
        neurons = self.loudest * torch.nn.functional.hardtanh(_OnGrid.apply(self.hidden(people)))
        every = torch.cat([torch.full_like(neurons[..., :1], self.always), neurons], dim=-1)
        of_list = every.gather(1, lists[..., None].expand(-1, -1, every.shape[-1]))
        crossed = (of_list * _OnGrid.apply(self.outer(columns))).sum(dim=-1)
        return crossed + (_OnGrid.apply(self.beside(place))[..., 0] * amount).sum(dim=-1)


class GridOptimizer(DPOptimizer):  # type: ignore[misc]  # likewise
    """Opacus' optimiser with the private step of this package: whole-number sums, and noise that nobody can foresee.

    Where rows are, it clips and adds up (`clip_and_accumulate`); where learning is, it adds noise to the sum of all and
    moves (`step`), even where nobody was in the batch.
    """

    def __init__(self, optimizer: Any, schedule: Schedule, noise: Noise | None = None) -> None:
        """Without noise it only adds up."""
        super().__init__(
            optimizer, noise_multiplier=float(schedule.sigma), max_grad_norm=schedule.clip, expected_batch_size=None,
            loss_reduction="sum",
        )  # fmt: skip
        self.schedule, self.noise = schedule, noise
        self.total = Total.empty(extra=sum(parameter.numel() for parameter in self.params))

    def clip_and_accumulate(self) -> None:
        """Clip the gradient of each unit, over all weights together, and add it to the sum."""
        flat = [sample.reshape(len(sample), -1) for sample in self.grad_samples]
        self.total.add_dense(torch.cat(flat, dim=1).numpy(), self.schedule.clip)

    def add_noise(self) -> None:
        """Release the sum, and hand what is released to the optimiser inside, which descends."""
        assert self.noise is not None, "the rows are summed elsewhere"
        released = torch.from_numpy(-self.schedule.released(self.total, self.noise) / self.schedule.clip)
        parts = released.split([parameter.numel() for parameter in self.params])
        for parameter, part in zip(self.params, parts, strict=True):
            parameter.grad = part.view_as(parameter)

    def pre_step(self, closure: Callable[[], float] | None = None) -> bool:  # noqa: ARG002 - as Opacus calls it
        """Add the noise; what is summed was clipped where it was added up."""
        self.add_noise()
        return True


class NetworkGradients:
    """The clipped gradients of units under some weights, added up chunk by chunk.

    Args:
        shape: of the network.
        weights: float64[size], rounded to `UNIT` here.
        clip: the most that one unit's gradient may weigh (L2).
    """

    def __init__(self, shape: NetworkShape, weights: Float64, clip: float) -> None:
        network = HiddenNetwork(shape)
        flat = torch.from_numpy(np.rint(weights / UNIT) * UNIT)
        torch.nn.utils.vector_to_parameters(flat, network.parameters())
        self.hooked = GradSampleModule(network, loss_reduction="sum")
        plain = torch.optim.SGD(self.hooked.parameters(), lr=1.0)
        self.optimiser = GridOptimizer(plain, Schedule(1, Decimal(1), 1, Decimal(0), clip))

    @property
    def total(self) -> Total:
        """The sum so far."""
        return self.optimiser.total

    def add(self, batch: UnitBatch, pull: Callable[[Float64], Float64]) -> None:
        """Add the gradients of some units.

        Args:
            batch: their rows.
            pull: what the loss asks each score, [U, R], to change by; 0 where a row is empty.
        """
        with warnings.catch_warnings():  # Opacus hooks inputs that need no gradient, and torch says so each time
            warnings.filterwarnings("ignore", "Full backward hook is firing", UserWarning)
            score = self.hooked(*(torch.from_numpy(part) for part in batch))
            asked = np.rint(pull(score.detach().numpy()) / PULL) * PULL
            score.backward(torch.from_numpy(asked))
        self.optimiser.clip_and_accumulate()
        self.optimiser.zero_grad()


class NetworkSteps:
    """The steps of a network: momentum on what is released, by torch's optimiser inside Opacus'.

    Args:
        start: float64[size], the weights to begin with.
        schedule: how often, and with which noise.
        noise: where it comes from.
        momentum: what part of a step the next one repeats.
    """

    def __init__(self, start: Float64, schedule: Schedule, noise: Noise, momentum: float) -> None:
        self.flat = torch.nn.Parameter(torch.from_numpy(start.copy()))
        inside = torch.optim.SGD([self.flat], lr=1.0, momentum=momentum, dampening=momentum)
        self.optimiser = GridOptimizer(inside, schedule, noise)

    @property
    def weights(self) -> Float64:
        """The weights so far."""
        return np.asarray(self.flat.detach().numpy().copy())

    def step(self, total: Total, rate: float) -> None:
        """Take one step with what was summed of a batch."""
        self.optimiser.total = total
        self.optimiser.param_groups[0]["lr"] = rate
        self.optimiser.step()
