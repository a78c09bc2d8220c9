// Send a message to the lab with Nodemailer: smtpscope lab --run 'node examples/programs/nodemailer.js'
const nodemailer = require('nodemailer');

const transport = nodemailer.createTransport({
  host: process.env.SMTP_HOST,
  port: Number(process.env.SMTP_PORT),
});
transport.sendMail({
  from: 'chris@contoso.com',
  to: 'kate@fabrikam.com',
  subject: '来自 Contoso 的测试',
  text: '这是一封测试邮件',
}).catch((error) => {
  console.error(error.response || error.message);
  process.exitCode = 1;
});
