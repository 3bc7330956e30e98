from pulumi_moto.clock import Clock


def test_a_stopped_clock_advances_only_on_request() -> None:
    clock = Clock()
    before = clock.now()
    assert clock.now() == before
    clock.advance(300)
    assert clock.now() == before + 300


def test_a_change_of_speed_never_moves_the_clock_back() -> None:
    clock = Clock(speed=1_000_000)
    clock.advance(5)
    before = clock.now()
    clock.set_speed(0)
    assert clock.now() >= before
