#!/bin/sh
# Send a message to the lab with msmtp: smtpscope lab --run examples/programs/msmtp.sh
printf 'From: <chris@contoso.com>\nTo: <kate@fabrikam.com>\nSubject: =?utf-8?B?5p2l6IeqIENvbnRvc28g55qE5rWL6K+V?=\n%s\n\n%s\n' \
    'Content-Type: text/plain; charset=utf-8' '这是一封测试邮件' |
    msmtp --host="$SMTP_HOST" --port="$SMTP_PORT" --from=chris@contoso.com kate@fabrikam.com
