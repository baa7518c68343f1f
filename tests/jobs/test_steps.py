"""How much one transaction of a long piece of work does."""

from consult.jobs.steps import AIM, LEAST, Steps


def test_a_long_transaction_is_followed_by_a_smaller_one_and_a_short_one_by_a_larger_up_to_the_most():
    steps, taken = Steps(40), []

    for seconds in (4 * AIM, 2 * AIM, AIM / 10, AIM / 10, AIM / 10):
        steps.note(seconds)
        taken.append(steps.rows)

    assert taken == [10, 5, 10, 20, 40]


def test_however_long_it_takes_there_is_something_to_do():
    steps = Steps(40)

    steps.note(1_000 * AIM)

    assert steps.rows == LEAST
