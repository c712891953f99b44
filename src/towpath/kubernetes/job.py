"""Jobs: they run inside a sync, between the stores that they prepare and the workloads that use these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.network import job_policy
from towpath.kubernetes.pods import container_of, pod_template
from towpath.kubernetes.workload import service_account

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import JobSpec

# A Job's template cannot change, so each sync deletes the job of the sync before. A Sync hook and not a PreSync hook:
# before the first sync there is no database that a PreSync job could wait for.
_REPLACES = (1, 29)
HOOK = {
    "argocd.argoproj.io/hook": "Sync",
    "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
}


def job_objects(job: JobSpec, context: Context) -> list[Body]:
    """Return the objects of a job, the Job first."""
    template = pod_template(job, context, container=container_of(job, context), restart="Never")
    # The version would be one more reason for a hook to differ; the image says it already.
    template["metadata"]["labels"].pop("app.kubernetes.io/version", None)
    body: Body = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": context.metadata(job.name, job.name, annotations=HOOK),
        "spec": {
            "backoffLimit": job.retries,
            "activeDeadlineSeconds": job.deadline_seconds,
            # Never twice at once: a new pod only after the one before has stopped altogether.
            "completions": 1,
            "parallelism": 1,
            **({"podReplacementPolicy": "Failed"} if context.spec.kubernetes >= _REPLACES else {}),
            "template": template,
        },
    }
    return [body, service_account(job.name, context), job_policy(job, context)]
