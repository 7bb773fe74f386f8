"""A plan in words, the same on a card and in a terminal: by which way, how checked, how undone."""

from dataclasses import dataclass

from cards.changes import readable, step_label
from cards.hand_card import instruction_key
from mutations.authority import service_desk_of
from mutations.dry_run import Change, Difference, DryRun, group_kind
from mutations.plan import PlannedStep, Route
from mutations.register import Register
from texts.escaping import Safe
from texts.translator import Texts


@dataclass(frozen=True, slots=True)
class PlanWords:
    """The words of one plan; `register` names who does by hand what no program can."""

    t: Texts
    register: Register
    run: DryRun

    def label(self, step: PlannedStep) -> Safe:
        """Return what a step is called, with what it is about."""
        label = step_label(self.t, step.name)
        if not step.title:
            return label
        return self.t("change.titled", label=label, title=step.title)

    def route(self, step: PlannedStep) -> Safe:
        """Return by which way a step is done; a person's is named."""
        if step.route is Route.HAND:
            return self.t("plan.route.hand", desk=self._desk())
        return self.t(f"plan.route.{step.route}", supplier=self._supplier)

    def kind(self, step: PlannedStep) -> Safe | None:
        """Return which kind a group is; None for what is no group, or no kind that is known."""
        key = f"plan.group.{group_kind(step)}"
        return self.t("plan.kind", kind=self.t(key)) if self.t.has(key) else None

    def check(self, step: PlannedStep) -> Safe:
        """Return how it is seen that a step was done."""
        key = f"plan.verify.{step.name}"
        known = self.t.has(key)
        return self.t("plan.check", how=self.t(key if known else "plan.verify.unknown"))

    def undo(self, step: PlannedStep) -> Safe:
        """Return whether and how a step can be taken back, or why not."""
        return self.t("plan.back", how=self.t(f"plan.undo.{step.undo}", supplier=self._supplier))

    def deadline(self, step: PlannedStep) -> Safe:
        """Return by when a person does a step, as a day once it was asked for."""
        t, label, due_on = self.t, self.label(step), self.run.due_on(step)
        if due_on is not None:
            return t("plan.hands.due", label=label, day=due_on)
        days = t.count("working_days", self.run.hand_days)
        return t("plan.hands.within", label=label, days=days)

    def instruction(self, step: PlannedStep, words: dict[str, object]) -> Safe | None:
        """Return what a person must do exactly; None where the catalogue does not say."""
        key = instruction_key(step)
        return self.t(key, **{**words, "title": step.title}) if self.t.has(key) else None

    def values(self, lines: str) -> Safe:
        """Return a value of a plan as one phrase; the word for nothing where there is none."""
        found = [readable(self.t, line) for line in lines.splitlines()]
        return self.t.join(found) if found else self.t("plan.nothing")

    def differences(self) -> list[Safe]:
        """Return a line per difference from the plan that is kept, or one that says of none."""
        found = self.run.differences
        if found is None:
            return [self.t("plan.differences.no_plan")]
        if not found:
            return [self.t("plan.differences.none")]
        return [line for one in found for line in self._difference(one)]

    def _difference(self, one: Difference) -> list[Safe]:
        t, step, kept, label = self.t, one.step, one.kept, self.label(one.step)
        if one.change is not Change.OTHER or kept is None:
            return [t(f"plan.difference.{one.change}", label=label)]
        pairs = {
            "before": (self.values(step.before), self.values(kept.before)),
            "after": (self.values(step.after), self.values(kept.after)),
            "route": (self.route(step), self.route(kept)),
        }
        lines = [
            t(f"plan.difference.other.{name}", label=label, value=value, earlier=earlier)
            for name, (value, earlier) in pairs.items()
            if value != earlier
        ]
        return lines or [t("plan.difference.other", label=label)]

    @property
    def _supplier(self) -> str:
        return self.register.contract.supplier

    def _desk(self) -> Safe:
        names = [one.name for one in service_desk_of(self.run.request, self.register)]
        return self.t.join(names) if names else self.t("plan.nobody")
