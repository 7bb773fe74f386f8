"""What every section of the report needs, and what it calls steps, rows and people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.evidence.lines import shown
from bot.evidence.shape import AuditLine, Evidence, StepProof
from cards.changes import step_label
from mutations.identity import ObjectId
from mutations.plan import PlannedStep
from texts.escaping import Safe
from texts.translator import Texts


@dataclass(frozen=True, slots=True)
class View:
    """The document and the words for it."""

    t: Texts
    evidence: Evidence
    words: Mapping[str, object]

    def who(self, person: ObjectId | str | None) -> Safe:
        """Return the name and the id of somebody; the bot's own for nobody."""
        if person is None:
            return self.t("evidence.proof.bot")
        for known in self.evidence.people:
            if known.object_id == person:
                return self.t("evidence.person", name=shown(known.name), id=person)
        return shown(person)

    def label(self, step: StepProof | PlannedStep) -> Safe:
        """Return what a step is called, with what it changes where there are more of its kind."""
        label = step_label(self.t, step.name)
        if not step.title:
            return label
        return self.t("change.titled", label=label, title=shown(step.title))

    def told(self, row: AuditLine) -> tuple[datetime, Safe, Safe]:
        """Return when, what and who, as one row of the audit tells it."""
        key = f"evidence.kind.{row.kind}"
        kind = self.t(key) if self.t.has(key) else shown(row.kind)
        return datetime.fromisoformat(row.at), kind, self.who(row.actor)
