from tracking.models.decisions import Decision, MatchMemory, Ruling
from tracking.models.mailboxes import Disconnection, FailedMessage, Mailbox, SyncRun, Upload, UploadChunk
from tracking.models.messages import Message, Thread

__all__ = [
    "Decision",
    "Disconnection",
    "FailedMessage",
    "Mailbox",
    "MatchMemory",
    "Message",
    "Ruling",
    "SyncRun",
    "Thread",
    "Upload",
    "UploadChunk",
]
