"""The example that reports on an encoder and a decoder."""

import pytest

from examples import gradient_report


@pytest.fixture(scope="module")
def reports():
    """Before and after training on letters that are read in order."""
    return gradient_report.train(120, reverse=False)


def test_the_gradient_reaches_back_after_training(reports):
    """At first the last three of eight letters make up over four fifths of the gradient of the
    encoder, with a half-life of at most two steps; after training the first four have over half."""
    before, after = (found["encoder.cell.W_xh"] for found in reports)
    assert before.parts[-3:].sum() > 0.8
    assert before.half_life <= 2
    assert after.parts[:4].sum() > 0.5
    assert reports[1].loss < 0.7 * reports[0].loss


def test_every_weight_is_in_the_report(reports):
    """Encoder, decoder and readout, all in steps, with parts that sum to 1."""
    for found in reports:
        assert list(found.by_layer()) == ["encoder.cell", "decoder.cell", "head"]
        for row in found:
            assert row.steps == tuple(range(1, gradient_report.LENGTH + 1))
            assert row.parts.sum() == pytest.approx(1, abs=1e-4)


def test_what_it_prints(tmp_path, capsys):
    """The table of the report fits 100 columns, and the picture is written."""
    gradient_report.main(tmp_path, updates=1)
    out = capsys.readouterr().out
    assert (tmp_path / "gradient_report.png").read_bytes().startswith(b"\x89PNG")
    assert out.count("read in ") == 4
    assert max(map(len, out.replace(str(tmp_path), "").splitlines())) <= 100
    assert "decoder.cell, steps 1 to 8" in out
    assert "encoder.cell.W_hh[z] in encoder" in out
