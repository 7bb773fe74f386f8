"""What people and timers can do: each use case is one transaction."""

from dataclasses import dataclass

from mutations.use_cases.begin_work import BeginWork
from mutations.use_cases.call_person import GiveUpWork, ResumeWork, StopForPerson
from mutations.use_cases.checklist import CheckOff, LookAtChecklist, RemindOfChecklist
from mutations.use_cases.context import Context
from mutations.use_cases.decide import ConfirmOutcome, DecideRetention, WithdrawRequest
from mutations.use_cases.drafts import DiscardDraft, FillDraft, FindColleague, FindDraft, OpenDraft
from mutations.use_cases.find import FindRequests
from mutations.use_cases.finish_work import FinishWork, WarnBeforeRetentionEnds
from mutations.use_cases.hand_over import HandOver
from mutations.use_cases.hand_work import AskForHands, HandWork, RemindOfHands
from mutations.use_cases.plan_now import ShowPlan
from mutations.use_cases.portal_order import HandOverAgain, HearPortal, OrderNotTaken, OrderTaken
from mutations.use_cases.propose import ProposeMutation
from mutations.use_cases.refusals import RecordRefusal
from mutations.use_cases.submit import SubmitRequest
from mutations.use_cases.undo_work import AskUndo, FinishUndo, UndoWork
from mutations.use_cases.watch import Expire, Recheck, Remind, RemindOfConfirmation


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything that can be asked of the rules, for the conversations and the jobs."""

    context: Context
    open_draft: OpenDraft
    find_draft: FindDraft
    fill_draft: FillDraft
    discard_draft: DiscardDraft
    find_colleague: FindColleague
    propose: ProposeMutation
    submit: SubmitRequest
    decide: DecideRetention
    confirm: ConfirmOutcome
    withdraw: WithdrawRequest
    find: FindRequests
    show_plan: ShowPlan
    refuse: RecordRefusal
    recheck: Recheck
    remind: Remind
    remind_of_confirmation: RemindOfConfirmation
    expire: Expire
    begin_work: BeginWork
    stop_for_person: StopForPerson
    give_up_work: GiveUpWork
    resume_work: ResumeWork
    hand_over: HandOver
    ask_for_hands: AskForHands
    hand_work: HandWork
    remind_of_hands: RemindOfHands
    ask_undo: AskUndo
    check_off: CheckOff
    look_at_checklist: LookAtChecklist
    remind_of_checklist: RemindOfChecklist
    undo_work: UndoWork
    finish_undo: FinishUndo
    order_taken: OrderTaken
    order_not_taken: OrderNotTaken
    hand_over_again: HandOverAgain
    hear_portal: HearPortal
    finish_work: FinishWork
    warn_of_retention_end: WarnBeforeRetentionEnds


def use_cases(context: Context) -> UseCases:
    """Put the use cases together over one outside world."""
    propose = ProposeMutation(context)
    return UseCases(
        context=context,
        open_draft=OpenDraft(context),
        find_draft=FindDraft(context),
        fill_draft=FillDraft(context),
        discard_draft=DiscardDraft(context),
        find_colleague=FindColleague(context),
        propose=propose,
        submit=SubmitRequest(context, propose),
        decide=DecideRetention(context),
        confirm=ConfirmOutcome(context),
        withdraw=WithdrawRequest(context),
        find=FindRequests(context),
        show_plan=ShowPlan(context),
        refuse=RecordRefusal(context),
        recheck=Recheck(context),
        remind=Remind(context),
        remind_of_confirmation=RemindOfConfirmation(context),
        expire=Expire(context),
        begin_work=BeginWork(context),
        stop_for_person=StopForPerson(context),
        give_up_work=GiveUpWork(context),
        resume_work=ResumeWork(context),
        hand_over=HandOver(context),
        ask_for_hands=AskForHands(context),
        hand_work=HandWork(context),
        remind_of_hands=RemindOfHands(context),
        ask_undo=AskUndo(context),
        check_off=CheckOff(context),
        look_at_checklist=LookAtChecklist(context),
        remind_of_checklist=RemindOfChecklist(context),
        undo_work=UndoWork(context),
        finish_undo=FinishUndo(context),
        order_taken=OrderTaken(context),
        order_not_taken=OrderNotTaken(context),
        hand_over_again=HandOverAgain(context),
        hear_portal=HearPortal(context),
        finish_work=FinishWork(context),
        warn_of_retention_end=WarnBeforeRetentionEnds(context),
    )
