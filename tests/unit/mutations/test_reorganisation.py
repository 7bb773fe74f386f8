"""Which orders are bulk work: for every request that can exist, and any number of them."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mutations.identity import RequestId
from mutations.life_cycle import State
from mutations.register import Register
from mutations.reorganisation import Move, is_bulk
from mutations.request import MutationRequest
from tests.fakes.memory_store import MemoryStore
from tests.unit.mutations.journeys import reachable
from tests.unit.mutations.strategies import laws, registers

counted = {State.SCHEDULED, State.CARRYING_OUT, State.UNDOING}


@laws
@given(register=registers, together=st.integers(0, 100), above=st.integers(1, 100))
def test_more_than_the_contract_says_is_bulk(
    register: Register, together: int, above: int
) -> None:
    contract = replace(register.contract, bulk_above=above)

    assert is_bulk(together, contract) is (together > above)


@laws
@given(request=reachable(list(State)))
def test_move_is_known_once_there_is_an_order(request: MutationRequest) -> None:
    assert (Move.of(request) is None) is (request.start_on is None or request.source is None)


@laws
@given(request=reachable(list(counted)), others=st.lists(st.sampled_from(State), max_size=8))
async def test_only_orders_of_the_same_move_on_the_way_count(
    request: MutationRequest, others: list[State]
) -> None:
    store = MemoryStore()
    move = Move.of(request)
    assert move is not None
    kept = store.contents.requests
    for number, state in enumerate(others):
        like = replace(request, id=RequestId(f"{number:032d}"), state=state)
        assert like.start_on is not None
        later = replace(
            like, id=RequestId(f"9{number:031d}"), start_on=like.start_on + timedelta(days=1)
        )
        kept.update({like.id: like, later.id: later})

    found = await store.read(lambda now: now.requests.together(move, most=5))

    assert found == min(5, sum(state in counted for state in others))
