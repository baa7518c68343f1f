from lxml import html


def test_a_round_that_cannot_be_opened_says_all_that_is_wrong_at_once(world):
    answer = world.browser("approver").post(
        "/staff/consultations/upr/round/open/", data={"closes_on": "yesterday", "audience": ""}
    )

    page = html.fromstring(answer.get_data())
    said = page.find_class("errors")[0].text_content()
    assert answer.status_code == 422
    assert "Choose who may comment." in said
    assert "Write the date as year, month and day" in said
    assert page.xpath("//input[@name='closes_on']/@value") == ["yesterday"]
