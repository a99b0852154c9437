"""Two hand derivations audited: the audit finds by itself what is wrong in them."""

from examples import audit_derivations


def test_findings():
    """The shifted slope in the notes, from exact and from printed numbers; no slip in the corrected
    derivation; one weight too many and a missing carry in the slides."""
    exact, printed, states, right, slides = audit_derivations.audits().values()
    shifted = "carry: slope one step early"
    for found, names in ((exact, ("W_xh", "W_hh")), (printed, ("W_xh", "W_hh")), (states, ("h",))):
        assert tuple(name for name in found if not found[name].agrees) == names
        assert all(found[name].explanations[0].key == shifted for name in names)
    assert right.agrees
    assert slides["W_hh"].explanations[0].key == "use: one weight too many"
    assert slides["W_xh"].explanations[0].key == "carry missing"
    assert slides["W_xh"].steps == (1,)
    assert slides["W_hy"].agrees


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program, it explains both; real-time recurrent learning takes the tape's side."""
    audit_derivations.main(tmp_path)
    printed = capsys.readouterr().out
    assert "(1 − h_t²) instead of (1 − h_{t+1}²)" in printed
    assert "one W_hhᵀ too many at the use" in printed
    assert "∂L/∂W_xh: the carry is missing" in printed
    assert printed.count("agrees with the tape: True") == 2
    for name in ("notes", "slides"):
        assert (tmp_path / f"audit_{name}.png").stat().st_size > 10_000
