"""Assessments: elements of their traces, whose ids are claimed before they are written."""

from collections.abc import Callable, Collection, Sequence

from mlflow.entities import Assessment

from mlflow_docstore.adapters.document.codecs import runs as run_codec
from mlflow_docstore.adapters.document.codecs.assessments import (
    ASSESSMENTS,
    ID,
    IS_VALID,
    MAKER,
    MARK,
    OVERRIDES,
    TRACE,
    decode_assessment,
    encode_assessment,
    held,
    holder_in,
)
from mlflow_docstore.adapters.document.codecs.traces import ERA
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.layout import RUNS
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.traces.assessed import (
    StoredAssessments,
    checked,
    element_of,
    replaced,
    without,
)
from mlflow_docstore.adapters.document.traces.claims import (
    KIND,
    Claims,
    is_live,
    new_token,
    still,
)
from mlflow_docstore.adapters.document.traces.stored import IS_ACTIVE, StoredTraces
from mlflow_docstore.core.errors import AlreadyExists, LimitExceeded, NotFound
from mlflow_docstore.core.query import Filter, In, equals, path
from mlflow_docstore.ports.assessments import AssessmentRepository

_TRACES_AT_ONCE = 16
"""That are read whole: all of them may be as large as documents get."""

_RUNS_AT_ONCE = 500


class DocumentAssessments(AssessmentRepository):
    """See the port.

    Args:
        driver: The database.
        traces: The traces.
        stored: The arrays in them.
        claims: The claims of ids.
    """

    def __init__(
        self, driver: Driver, traces: StoredTraces, stored: StoredAssessments, claims: Claims
    ) -> None:
        self._traces = traces
        self._stored = stored
        self._claims = claims
        self._runs = Documents(driver, RUNS)

    def create(self, assessment: Assessment) -> Assessment:
        trace_id = assessment.trace_id
        answer = checked(trace_id, assessment)
        encoded = self._stored.encoded(trace_id, [assessment])
        [element] = encoded.elements
        token, read = new_token(), None
        if assessment.overrides:
            # Before the id is claimed: of two mistakes this is the worse.
            read = self._traces.get(trace_id)
            element_of(read, assessment.overrides)
        elif not encoded.parts and self._added_at_once(trace_id, element, token):
            return answer
        try:
            self._claims.take(trace_id, [element], token)
        except AlreadyExists:
            # That there is no such trace is worse.
            self._traces.get(trace_id)
            raise
        try:
            with self._stored.texts.stored(encoded.parts):
                self._add(trace_id, element, token, read)
        except (NotFound, LimitExceeded):
            self._claims.release([element], token)
            raise
        return answer

    def get(self, trace_id: str, assessment_id: str) -> Assessment:
        _, element = self._stored.read(trace_id, assessment_id)
        return decode_assessment(trace_id, element)

    def change(
        self, trace_id: str, assessment_id: str, change: Callable[[Assessment], Assessment]
    ) -> Assessment:
        for _ in rounds(KIND, assessment_id):
            trace, before = self._stored.read(trace_id, assessment_id)
            changed = change(decode_assessment(trace_id, before))
            is_valid = {IS_VALID: before[IS_VALID]}
            encoded = self._stored.encoded(trace_id, [changed])
            element = encoded.elements[0] | is_valid
            if element[MAKER] not in (None, before[MAKER]):
                self._claims.mention(trace_id, element)
            with self._stored.texts.stored(encoded.parts):
                patch = Patch(set={ASSESSMENTS: replaced(trace, [element])})
                outcome = self._stored.write(trace, patch)
            if outcome.matched:
                self._stored.lighten(outcome.document)
                break
        return decode_assessment(trace_id, encode_assessment(changed) | is_valid)

    def delete(self, trace_id: str, assessment_id: str) -> None:
        for _ in rounds(KIND, assessment_id):
            trace = self._traces.find(trace_id)
            if trace is None or not is_live(holder_in(trace, assessment_id)):
                return
            target = element_of(trace, assessment_id)[OVERRIDES]
            shown = _with_validity(trace, target, valid=True) if target else None
            if target and shown is None:
                self._show_elsewhere(target)
            patch = without(
                trace if shown is None else trace | {ASSESSMENTS: shown}, [assessment_id]
            )
            if self._stored.write(trace, patch).matched:
                return

    def purge_run(self, run_id: str) -> None:
        self._purge([run_id])

    def purge_experiment(self, experiment_id: str) -> None:
        mine = [equals(run_codec.EXPERIMENT, experiment_id)]
        runs: list[str] = []
        for run in self._runs.scan(mine, fields=()):
            runs.append(run["_id"])
            if len(runs) == _RUNS_AT_ONCE:
                self._purge(runs)
                runs = []
        if runs:
            self._purge(runs)

    def _added_at_once(self, trace_id: str, element: Document, token: str) -> bool:
        """Whether claim and element were written together.

        Not where the database cannot, nor where anything speaks against it: the way of two writes
        finds out what that is, and whether a first attempt at this was applied.
        """
        if not self._traces.together:
            return False
        patch, when = _addition(element, token, None)
        outcome = self._traces.documents.patch(
            trace_id,
            patch,
            when=when,
            returning=True,
            beside=self._claims.beside(trace_id, element, token),
        )
        if outcome.matched:
            self._stored.lighten(outcome.document)
        return outcome.matched

    def _add(self, trace_id: str, element: Document, token: str, read: Document | None) -> None:
        """Write the element of an id that was taken, once; ``read`` is its trace, if it was."""
        key, target = element[ID], element[OVERRIDES]
        holder, mine = None, {token}
        for _ in rounds(KIND, key):
            if target:
                trace, read = read or self._traces.get(trace_id), None
                hidden = _with_validity(trace, target, valid=False)
                if hidden is None:
                    raise NotFound(KIND, target, trace_id=trace_id)
                patch = Patch(set={ASSESSMENTS: [*hidden, element], MARK: token, held(key): token})
                outcome = self._traces.documents.patch(
                    trace_id,
                    patch,
                    when=(IS_ACTIVE, equals(MARK, trace[MARK]), still(key, holder)),
                    returning=True,
                )
            else:
                patch, when = _addition(element, token, holder)
                outcome = self._traces.documents.patch(trace_id, patch, when=when, returning=True)
            if outcome.matched:
                self._stored.lighten(outcome.document)
                return
            holder = holder_in(self._traces.get(trace_id), key)
            if holder in mine:
                return
            if is_live(holder):
                raise AlreadyExists(KIND, key, trace_id=trace_id)
            # Ask again under another name, so that whoever is about to be given the id is not.
            token = new_token()
            mine.add(token)
            self._claims.take(trace_id, [element], token)

    def _show_elsewhere(self, assessment_id: str) -> None:
        """Have an assessment valid that is not in the trace of what overrode it."""
        trace_id = self._claims.trace_of(assessment_id)
        for _ in rounds(KIND, assessment_id):
            trace = None if trace_id is None else self._traces.find(trace_id)
            shown = trace and _with_validity(trace, assessment_id, valid=True)
            if not trace or shown is None:
                return
            if self._stored.write(trace, Patch(set={ASSESSMENTS: shown})).matched:
                return

    def _purge(self, run_ids: Collection[str]) -> None:
        for claims in self._claims.of_runs(list(run_ids)):
            trace_ids = list(dict.fromkeys(claim[TRACE] for claim in claims))
            gone: list[Document] = []
            for at in range(0, len(trace_ids), _TRACES_AT_ONCE):
                gone += self._remove(trace_ids[at : at + _TRACES_AT_ONCE], run_ids)
            self._claims.forget(gone, claims)

    def _remove(self, trace_ids: Sequence[str], run_ids: Collection[str]) -> list[Document]:
        """Remove what runs made from traces; what that was."""
        gone: list[Document] = []
        waiting = tuple(trace_ids)
        for _ in rounds("trace", waiting[0]):
            fields = (ASSESSMENTS, MARK, ERA)
            traces = self._traces.documents.find(
                [In(path("_id"), waiting), IS_ACTIVE], fields=fields
            )
            raced = []
            for trace in traces:
                made = [one for one in trace[ASSESSMENTS] if one[MAKER] in run_ids]
                if not made:
                    continue
                patch = without(trace, [one[ID] for one in made])
                if self._stored.write(trace, patch).matched:
                    gone += made
                else:
                    raced.append(trace["_id"])
            if not raced:
                break
            waiting = tuple(raced)
        return gone


def _addition(
    element: Document, token: str, holder: str | None
) -> tuple[Patch, tuple[Filter, Filter]]:
    """What adds an element to its trace, and when it may."""
    place = held(element[ID])
    patch = Patch(set={MARK: token, place: token}, push={ASSESSMENTS: [element]})
    return patch, (IS_ACTIVE, still(element[ID], holder))


def _with_validity(trace: Document, assessment_id: str, *, valid: bool) -> list[Document] | None:
    """The array of a trace in which one counts, or does not; None where that is not in it."""
    elements: list[Document] = trace[ASSESSMENTS]
    if all(element[ID] != assessment_id for element in elements):
        return None
    return [
        {**element, IS_VALID: valid} if element[ID] == assessment_id else element
        for element in elements
    ]
