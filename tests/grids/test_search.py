from buildings.models import Building
from grids.search import find, locate
from tests.grids.conftest import CODE, cells, community  # noqa: F401
from tests.grids.test_contact import TODAY, net, worker  # noqa: F401


def test_a_door_has_an_answer_and_no_choices(worker):  # noqa: F811
    found = locate("西苑1栋2单元", on=TODAY)
    assert (found.answer.place.stairwell.code, found.choices) == (f"{CODE}0000102", ())
    assert found.answer.first.name == "林网格"


def test_a_building_whose_doors_have_one_contact_is_answered(worker):  # noqa: F811
    assert locate("西苑1栋", on=TODAY).answer.place.building.code == f"{CODE}00001"


def test_a_compound_is_a_question_back_with_its_buildings(worker):  # noqa: F811
    found = locate("西苑", on=TODAY)
    assert found.answer is None
    assert [choice.title for choice in found.choices] == ["西苑", "西苑1号楼", "西苑3号楼"]


def test_a_number_that_many_have_is_a_question_back(worker):  # noqa: F811
    Building.objects.filter(number="2").update(number="1")
    assert {choice.level for choice in locate("1栋", on=TODAY).choices} == {"building"}


def test_a_grid_is_found_by_name_and_by_code(worker):  # noqa: F811
    for text in ("西格", "方正社区西格", f"{CODE}001"):
        assert [match.title for match in find(text, on=TODAY) if match.exact] == ["方正社区西格"]


def test_nothing_found_is_choices_and_never_a_dead_end(worker):  # noqa: F811
    found = locate("外星基地", on=TODAY)
    assert found.answer is None
    assert found.choices
