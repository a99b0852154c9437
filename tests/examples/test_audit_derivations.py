"""Two hand derivations audited: the audit finds by itself what is wrong in them."""

from examples import audit_derivations


def test_findings():
    """The shifted slope in the notes, from exact and from printed numbers; no slip in the corrected
    derivation; one weight too many and a missing carry in the slides."""
    exact, printed, states, right, slides = audit_derivations.audits().values()
    shifted = "δz_{h,t}: h_{t-1} for h_t"
    for found, names in ((exact, ("W_xh", "W_hh")), (printed, ("W_xh", "W_hh")), (states, ("h",))):
        assert tuple(name for name in found if not found[name].agrees) == names
        assert all(found[name].explanations[0].key.endswith(shifted) for name in names)
    assert right.agrees
    assert slides["W_hh"].explanations[0].key == "∂L/∂W_hh: δh_t W_hhᵀ for δh_t"
    assert slides["W_xh"].explanations[0].key == "δ(h_{t-1} W_hh): left out"
    assert slides["W_xh"].steps == (1,)
    assert slides["W_hy"].agrees


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program, it explains both; real-time recurrent learning takes the tape's side."""
    audit_derivations.main(tmp_path)
    printed = capsys.readouterr().out
    joined = " ".join(printed.split())
    assert "δh_t ⊙ (1 − h_{t-1}²), where the rule has δh_t ⊙ (1 − h_t²)" in joined
    assert "∂L/∂W_hh = h_{t-1}ᵀ (δh_t W_hhᵀ), where the rule has h_{t-1}ᵀ δh_t" in joined
    assert "∂L/∂W_xh: the term of δ(h_{t-1} W_hh) through h_t was left out" in joined
    assert printed.count("agrees with the tape: True") == 2
    for name in ("notes", "slides"):
        assert (tmp_path / f"audit_{name}.png").stat().st_size > 10_000
