"""Examples that hold a paper's statements beside their own numbers."""


def assert_all_hold(example, folder, capsys):
    """Run as a program, it draws, and ends with the verdict that all six statements hold."""
    example.main(folder)
    assert capsys.readouterr().out.endswith("all 6 hold\n")
    name = example.__name__.rpartition(".")[2]
    assert (folder / f"{name}.png").stat().st_size > 10_000
