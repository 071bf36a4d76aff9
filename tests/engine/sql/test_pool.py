"""Jobs are done by the pool's threads and by those who wait, whatever they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event

import pytest

from ksql.engine.sql.pool import Pool


@pytest.fixture(params=[0, 1, 3])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    made = Pool(request.param)
    yield made
    made.close()


def test_results_in_any_order(pool: Pool) -> None:
    jobs = [pool.submit(partial(pow, n, 2)) for n in range(50)]
    assert [pool.result(job) for job in reversed(jobs)] == [n * n for n in reversed(range(50))]


def test_jobs_of_jobs(pool: Pool) -> None:
    def fibonacci(n: int) -> int:
        if n < 2:
            return n
        other = pool.submit(partial(fibonacci, n - 1))
        return fibonacci(n - 2) + pool.result(other)

    assert fibonacci(12) == 144


def test_an_error_is_raised_to_who_waits(pool: Pool) -> None:
    bad, good = pool.submit(partial(int, "x")), pool.submit(partial(int, "1"))
    assert pool.result(good) == 1
    with pytest.raises(ValueError, match="'x'"):
        pool.result(bad)


def test_who_waits_does_what_is_asked_for_meanwhile() -> None:
    pool = Pool(1)
    began, done = Event(), Event()

    def long() -> bool:
        began.wait(10)
        pool.submit(done.set)
        return done.wait(10)

    job = pool.submit(long)
    began.set()
    assert pool.result(job)
    pool.close()


def test_close_finishes_what_was_submitted() -> None:
    pool = Pool(2)
    done = [pool.submit(partial(int, str(n))) for n in range(20)]
    pool.close()
    assert [job.result(0) for job in done] == list(range(20))
