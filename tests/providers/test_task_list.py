"""Reading all tasks of a location while some of them are deleted."""

from integration.providers.ghl.related import GhlRelated


def drive(steps, tasks, delete_after_first):
    """Answers the steps from `tasks`, of which the first so many are deleted once a page was read."""
    tasks, answer, first = list(tasks), None, True
    try:
        while True:
            call = steps.send(answer)
            page = tasks[call.body["skip"] : call.body["skip"] + call.body["limit"]]
            answer = call.operation.answer.model_validate(
                {"tasks": [{"_id": one, "id": one, "title": one} for one in page]}
            )
            if first:
                del tasks[:delete_after_first]
                first = False
    except StopIteration as end:
        return {task.id for task in end.value}


def test_a_task_that_moved_to_a_page_that_was_read_is_found():
    names = [f"task{number:03}" for number in range(250)]
    assert set(names[20:]) <= drive(GhlRelated("L", "UTC").list_tasks(), names, 20)


def test_without_deletions_every_task_is_read_with_one_call_a_page():
    names = [f"task{number:03}" for number in range(250)]
    assert drive(GhlRelated("L", "UTC").list_tasks(), names, 0) == set(names)
