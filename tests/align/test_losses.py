"""The losses as pure functions: published vectors, gradients, limits, and what has no part in them."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torch.nn import functional

from sdg_ray.align.dpo import dpo
from sdg_ray.align.graded import UNKNOWN
from sdg_ray.align.logprobs import sequence_logprobs, told_sum
from sdg_ray.align.preferring import log_ratio_gap, with_nll
from sdg_ray.align.reward import masked_mse
from sdg_ray.align.rpo import DISTANCES, backward_kl, forward_kl, rpo, squared
from sdg_ray.align.sft import nll

# beta * gap, eta * rewards -> dpo, backward KL, forward KL, squared
VECTORS = [
    (0.0, 0.0, 0.693147, 0.0, 0.0, 0.0),
    (0.0, 1.0, 0.693147, 0.110944, 0.120115, 1.0),
    (1.0, 1.0, 0.313262, 0.0, 0.0, 0.0),
    (2.0, 1.0, 0.126928, 0.082608, 0.067131, 1.0),
    (0.0, 3.0, 0.693147, 0.502282, 0.855440, 9.0),
    (-1.0, 1.0, 1.313262, 0.462117, 0.462117, 4.0),
]


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def varied(*shape: int) -> Tensor:
    """Numbers that are all different, and need a gradient."""
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()


@pytest.mark.parametrize(("implicit", "target", "of_dpo", "backward", "forward", "square"), VECTORS)
@pytest.mark.parametrize("beta", [1.0, 0.1])
def test_losses_have_the_published_values(
    implicit: float, target: float, of_dpo: float, backward: float, forward: float, square: float, beta: float
) -> None:
    gap, eta = numbers(implicit / beta), 2.0
    found = {name: rpo(gap, numbers(target / eta), beta, eta, name).item() for name in DISTANCES}
    assert dpo(gap, beta).item() == pytest.approx(of_dpo, abs=1e-6)
    assert found == pytest.approx({"backward_kl": backward, "forward_kl": forward, "squared": square}, abs=1e-6)


def test_gap_grows_with_the_chosen_answer_and_shrinks_with_the_rejected_one() -> None:
    assert log_ratio_gap(numbers(-3.0), numbers(-7.0), numbers(-4.0), numbers(-5.0)).item() == 3.0
    four = [numbers(-3.0).requires_grad_() for _ in range(4)]
    log_ratio_gap(*four).backward()
    assert [each.grad.item() for each in four if each.grad is not None] == [1, -1, -1, 1]


@pytest.mark.parametrize("distance", [backward_kl, forward_kl, squared])
def test_gradients_of_the_distances_are_right(distance: Callable[[Tensor, Tensor], Tensor]) -> None:
    assert gradcheck(distance, (varied(5), varied(5) * 2))


def test_gradients_of_the_other_losses_are_right() -> None:
    ids, told = torch.tensor([[1, 2, 3], [0, 3, 1]]), torch.tensor([[False, True, True], [False, False, True]])
    assert gradcheck(lambda gap: dpo(gap, 0.7), varied(5))
    assert gradcheck(lambda gap, chosen: with_nll(dpo(gap, 0.7), chosen, 0.3), (varied(5), varied(5) + 1))
    assert gradcheck(lambda logits: sequence_logprobs(logits, ids, told), varied(2, 3, 4))
    assert gradcheck(lambda scores: nll(scores, told), varied(2, 3))
    labels = numbers(0, 4, UNKNOWN, 2, 3, UNKNOWN).reshape(2, 3)
    assert gradcheck(lambda values: masked_mse(values, labels), varied(2, 3))


def test_gradient_of_rpo_is_the_difference_of_the_two_beliefs() -> None:
    implicit, target = varied(50), varied(50).detach().flip(0) * 3
    backward_kl(implicit, target).sum().backward()
    assert implicit.grad is not None
    assert torch.allclose(implicit.grad, torch.sigmoid(implicit) - torch.sigmoid(target))


def test_forward_distance_lets_a_wrong_but_sure_policy_be_and_backward_does_not() -> None:
    slopes = {}
    for distance in (backward_kl, forward_kl):
        implicit = numbers(-30.0).requires_grad_()
        distance(implicit, numbers(3.0)).backward()
        slopes[distance] = implicit.grad.item() if implicit.grad is not None else math.nan
    assert slopes[backward_kl] < -0.9 and abs(slopes[forward_kl]) < 1e-9


def test_backward_distance_is_cross_entropy_with_soft_labels_less_their_entropy_and_dpo_its_limit() -> None:
    implicit, target = varied(50).detach(), varied(50).detach().flip(0)
    p = torch.sigmoid(target)
    entropy = functional.binary_cross_entropy_with_logits(target, p, reduction="none")
    crossed = functional.binary_cross_entropy_with_logits(implicit, p, reduction="none")
    assert torch.allclose(backward_kl(implicit, target), crossed - entropy)
    assert torch.allclose(backward_kl(implicit, torch.full_like(implicit, 60.0)), dpo(implicit, 1.0))


@pytest.mark.parametrize("distance", list(DISTANCES))
def test_equal_gaps_have_no_distance_and_others_have_one(distance: str) -> None:
    gap = varied(50).detach()
    assert torch.allclose(rpo(gap, gap * 0.2, 0.1, 0.5, distance), torch.zeros_like(gap), atol=1e-12)
    assert (rpo(gap, gap * 0.2 + 1, 0.1, 0.5, distance) > 1e-3).all()
    assert (rpo(gap, gap * 0.2 - 1, 0.1, 0.5, distance) > 1e-3).all()
    assert rpo(numbers(0.0), numbers(0.0), 0.1, 1.0, distance).item() == 0  # equal rewards, and nothing learnt yet


def test_dpo_without_beta_says_nothing_and_is_finite_far_out() -> None:
    gap = varied(5)
    loss = dpo(gap, 1e-9)
    loss.sum().backward()
    assert torch.allclose(loss, torch.full_like(loss, math.log(2)))
    assert gap.grad is not None and gap.grad.abs().max() < 1e-9
    far = torch.tensor([-1e4, 1e4])
    assert all(torch.isfinite(each).all() for each in (dpo(far, 1.0), backward_kl(far, -far), forward_kl(far, -far)))
    assert dpo(far, 1.0).tolist() == [1e4, 0.0]


def test_nll_term_keeps_the_chosen_answer_likely() -> None:
    chosen = numbers(-5.0).requires_grad_()
    loss = with_nll(numbers(0.25), chosen, 0.1)
    loss.backward()
    assert loss.item() == 0.75 and chosen.grad is not None and chosen.grad.item() == pytest.approx(-0.1)


def test_only_told_tokens_count_each_foretold_by_the_place_before_it() -> None:
    logits = varied(2, 4, 6).detach()
    ids = torch.tensor([[5, 1, 2, 3], [4, 0, 1, 5]])
    told = torch.tensor([[True, False, True, True], [False, False, False, True]])
    table = logits.log_softmax(-1)
    expected = numbers((table[0, 1, 2] + table[0, 2, 3]).item(), table[1, 2, 5].item())
    assert torch.allclose(sequence_logprobs(logits, ids, told), expected)
    logits[0, 0] = logits[0, 3] = math.nan  # they foretell nothing that is told
    assert torch.allclose(sequence_logprobs(logits, ids, told), expected)


def test_half_precision_is_summed_in_full() -> None:
    logits = (varied(1, 300, 9).detach() * 4).to(torch.bfloat16)
    ids, told = torch.arange(300).reshape(1, -1) % 9, torch.ones(1, 300, dtype=torch.bool)
    found = sequence_logprobs(logits, ids, told)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(sequence_logprobs(logits.double(), ids, told).item(), rel=1e-5)


def test_mean_over_tokens_does_not_depend_on_how_they_are_spread_over_rows() -> None:
    scores, told = varied(2, 4).detach(), torch.tensor([[True] * 4, [False, False, True, False]])
    assert nll(scores, told).item() == pytest.approx(-scores[told].mean().item())
    assert told_sum(scores, told).tolist() == pytest.approx([scores[0].sum().item(), scores[1, 2].item()])


def test_unknown_labels_have_no_part_in_the_error() -> None:
    values = torch.tensor([[1.0, 2.0, 0.0], [3.0, 4.0, 1.0]], requires_grad=True)
    labels = torch.tensor([[2.0, UNKNOWN, 0.5], [UNKNOWN, 1.0, 1.0]])
    loss = masked_mse(values, labels)
    loss.backward()
    assert loss.item() == (1 + 0.25 + 9 + 0) / 4
    assert values.grad is not None and values.grad.tolist() == [[-0.5, 0.0, -0.25], [0.0, 1.5, 0.0]]
    assert masked_mse(values, torch.full((2, 3), UNKNOWN)).item() == 0
