"""Which tests begin first, and which of them workers take by themselves.

A file of tests goes to one worker as a whole, for its tests share installations. What takes long goes first, or the others
would wait for it in the end; and by itself, where it shares nothing with its neighbours.
"""

from xdist.scheduler import LoadFileScheduling

# Minutes that they take, most of them waiting, by the file or by one of its tests. Each has an installation of its own, or one
# that any worker has.
APART = {
    "test_auto_scaling_policies.py::test_a_group_on_a_host_grows_by_an_alarm_and_is_refreshed": 2,
    "test_balanced_metrics.py::test_a_service_grows_with_the_requests_of_each_target": 3,
    "test_balanced_metrics.py::test_each_request_counts_once_whatever_dies": 7,
    "test_containers.py::test_a_container_of_age_is_restarted_in_place": 2,
    "test_demo.py::test_all_chapters": 6,
    "test_demo.py": 0.5,
    "test_fast_scaling.py": 2,
    "test_logs_scheduled.py": 1,
    "test_measured.py": 4,
    "test_metric_streams.py": 3,
    "test_own_metrics.py": 2.5,
    "test_registry.py::test_a_gibibyte_passes_through_little_memory": 1,
    "test_restart.py": 0.5,
    "test_service_auto_scaling.py::test_math_over_metrics_is_tracked_within_the_times_of_aws": 1,
    "test_story_faults.py": 1.5,
    "test_task_secrets.py::test_a_container_that_is_restarted_has_its_secrets_again": 1.5,
}


def apart(nodeid):
    """The minutes of a test that goes by itself."""
    name = nodeid.partition("[")[0].rpartition("/")[2]
    return APART.get(name) or APART.get(name.partition("::")[0])


def minutes(item):
    """How long a worker has to do with it and with what comes along, as far as somebody noted."""
    mark = item.get_closest_marker("minutes")
    return apart(item.nodeid) or (mark.args[0] if mark else 0)


class Scheduling(LoadFileScheduling):
    def _split_scope(self, nodeid):
        return nodeid if apart(nodeid) else super()._split_scope(nodeid)
