#!/bin/sh
# Send a message to the lab with curl: smtpscope lab --run examples/programs/curl.sh
printf 'From: <chris@contoso.com>\r\nTo: <kate@fabrikam.com>\r\nSubject: =?utf-8?B?5p2l6IeqIENvbnRvc28g55qE5rWL6K+V?=\r\n%s\r\n\r\n%s\r\n' \
    'Content-Type: text/plain; charset=utf-8' '这是一封测试邮件' |
    curl --silent --show-error --upload-file - --mail-from chris@contoso.com --mail-rcpt kate@fabrikam.com \
        "smtp://$SMTP_HOST:$SMTP_PORT/contoso.com"
