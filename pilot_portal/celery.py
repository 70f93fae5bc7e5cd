"""The Celery app and the whole schedule, on one screen."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilot_portal.settings")

app = Celery("pilot_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

HOURLY = crontab(minute=5)
app.conf.beat_schedule = {
    # audit and letters
    "seal_audit": {"task": "pilot_portal.audit.tasks.seal_audit", "schedule": crontab()},
    "publish_anchor": {"task": "pilot_portal.notifications.tasks.publish_anchor", "schedule": crontab(hour=0, minute=10)},
    "verify_audit": {"task": "pilot_portal.notifications.tasks.verify_audit", "schedule": crontab(hour=2, minute=0)},
    "alarm_unsealed": {"task": "pilot_portal.notifications.tasks.alarm_unsealed", "schedule": crontab(minute="*/5")},
    "deliver_messages": {"task": "pilot_portal.notifications.tasks.deliver_messages", "schedule": crontab()},
    # money: 试点方案 六(二)
    "enforce_award_caps": {"task": "subsidies.tasks.enforce_award_caps", "schedule": HOURLY},
    "enforce_single_application": {"task": "subsidies.tasks.enforce_single_application", "schedule": HOURLY},
    "catch_up": {"task": "subsidies.tasks.catch_up", "schedule": crontab(minute="*/5")},
    # deadlines
    "warn_proposals": {"task": "subsidies.tasks.warn_proposals", "schedule": HOURLY},
    "overdue_recoveries": {"task": "subsidies.tasks.overdue_recoveries", "schedule": HOURLY},
    "follow_endorsements": {"task": "subsidies.tasks.follow_endorsements", "schedule": HOURLY},
    "expire_proposals": {"task": "subsidies.tasks.expire_proposals", "schedule": HOURLY},
    "lapse_corrections": {"task": "subsidies.tasks.lapse_corrections", "schedule": HOURLY},
    "end_publicity": {"task": "subsidies.tasks.end_publicity", "schedule": HOURLY},
    "alarm_silence": {"task": "subsidies.tasks.alarm_silence", "schedule": HOURLY},
    "expire_mandates": {"task": "insurers.tasks.expire_mandates", "schedule": HOURLY},
    "expire_answers": {"task": "insurers.tasks.expire_answers", "schedule": HOURLY},
    "remind_insurers": {"task": "insurers.tasks.remind_insurers", "schedule": crontab(hour=9, minute=15)},
    "remind": {"task": "subsidies.tasks.remind", "schedule": crontab(hour=9, minute=0)},
    "warn_of_keys": {"task": "insurers.tasks.warn_of_keys", "schedule": crontab(hour=9, minute=0)},
    # what is kept for a time only
    "forget_api_answers": {"task": "insurers.tasks.forget_api_answers", "schedule": crontab(hour=3, minute=30)},
}
