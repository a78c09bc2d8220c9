"""Send a message to the lab with Django: smtpscope lab --run 'python3 examples/programs/django_mail.py'."""

import os

from django.conf import settings
from django.core.mail import send_mail

settings.configure(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST=os.environ["SMTP_HOST"],
    EMAIL_PORT=int(os.environ["SMTP_PORT"]),
)
send_mail("来自 Contoso 的测试", "这是一封测试邮件", "chris@contoso.com", ["kate@fabrikam.com"])
