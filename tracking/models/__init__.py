from tracking.models.decisions import AllowedSender, Decision, MatchMemory, Ruling
from tracking.models.mailboxes import Disconnection, FailedMessage, Mailbox, SyncRun, Upload, UploadChunk
from tracking.models.messages import Message, Thread
from tracking.models.push import PushSubscription

__all__ = [
    "AllowedSender",
    "Decision",
    "Disconnection",
    "FailedMessage",
    "Mailbox",
    "MatchMemory",
    "Message",
    "PushSubscription",
    "Ruling",
    "SyncRun",
    "Thread",
    "Upload",
    "UploadChunk",
]
