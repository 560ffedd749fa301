// SPDX-License-Identifier: Apache-2.0
#include "mail/notification_words.hpp"

#include "base/contract.hpp"

/// The words that come with Posthouse, in the format of an administrator's own.
namespace posthouse::mail {
namespace {

constexpr std::string_view english_file =
    R"words(# The words of notifications: docs/notifications.md
[letter from]
Mail Delivery System

[letter opening]
This is the mail system of ${hostname}.

[letter more]
... and ${more} more recipients, who are not named here.

[letter closing]
What follows is for mail software, and your letter or its header.

    Letter: ${letter}
    Arrived: ${arrived}

[failed subject]
Your letter could not be delivered

[failed introduction]
Your letter could not be delivered to these recipients. It will not be tried
again.

[failed recipient]
<${recipient}>
    ${host} said:
    ${reason}
    Output: ${output}

[failed closing]

[delayed subject]
Your letter is delayed

[delayed introduction]
Your letter could not be delivered to these recipients yet. It is still being
tried; you need not send it again.

    Until: ${retry_until}

[delayed recipient]
<${recipient}>
    ${host} said:
    ${reason}
    Output: ${output}

[delayed closing]

[delivered subject]
Your letter was delivered

[delivered introduction]
Your letter was delivered to these recipients.

[delivered recipient]
<${recipient}>

[delivered closing]

[relayed subject]
Your letter was passed on

[relayed introduction]
Your letter was passed on to the mail systems of these recipients, which do not
tell of its delivery. You may hear no more of it.

[relayed recipient]
<${recipient}>
    to ${host}

[relayed closing]

[expanded subject]
Your letter was delivered and passed on

[expanded introduction]
Your letter reached these addresses and was passed on to those that stand behind
them. You will not be told when it is delivered there.

[expanded recipient]
<${recipient}>

[expanded closing]

[mixed subject]
Your letter could not be delivered to some of its recipients

[double_bounce subject]
A notification could not be delivered

[double_bounce introduction]
Postmaster: a letter without a sender, most often a notification that another
letter could not be delivered, could itself not be delivered to these
recipients. Nobody else is told.

[double_bounce closing]
)words";

constexpr std::string_view chinese_file = R"words(# 通知的文字，格式见 docs/notifications.md
[letter from]
邮件投递系统

[letter opening]
这是 ${hostname} 的邮件系统。

[letter more]
……以及另外 ${more} 个收件人，此处不再列出。

[letter closing]
以下是供邮件软件使用的信息，以及您的邮件或其信头。

    邮件编号：${letter}
    收到时间：${arrived}

[failed subject]
您的邮件未能送达

[failed introduction]
您的邮件未能送达以下收件人，系统不会再尝试投递。

[failed recipient]
<${recipient}>
    ${host} 的答复：
    ${reason}
    程序输出：${output}

[failed closing]

[delayed subject]
您的邮件延迟送达

[delayed introduction]
您的邮件暂时未能送达以下收件人。系统仍在继续尝试，您无需重新发送。

    最晚尝试到：${retry_until}

[delayed recipient]
<${recipient}>
    ${host} 的答复：
    ${reason}
    程序输出：${output}

[delayed closing]

[delivered subject]
您的邮件已送达

[delivered introduction]
您的邮件已送达以下收件人。

[delivered recipient]
<${recipient}>

[delivered closing]

[relayed subject]
您的邮件已转交

[relayed introduction]
您的邮件已转交给以下收件人的邮件系统。该系统不提供送达通知，您可能不会再收到进一步的消息。

[relayed recipient]
<${recipient}>
    转交至 ${host}

[relayed closing]

[expanded subject]
您的邮件已送达并转发

[expanded introduction]
您的邮件已到达以下地址，并已转发给这些地址所代表的收件人。转发后的送达情况将不再另行通知。

[expanded recipient]
<${recipient}>

[expanded closing]

[mixed subject]
您的邮件未能送达部分收件人

[double_bounce subject]
一封通知未能送达

[double_bounce introduction]
管理员：一封没有发件人的邮件（通常是另一封邮件未能送达的通知）未能送达以下收件人。
此事不会再通知其他人。

[double_bounce closing]
)words";

NotificationWords read(std::string_view file)
{
    auto words = parse_words(file, NotificationWords());
    expects(words.has_value());
    return std::move(*words);
}

} // namespace

std::string_view words_file(Language language)
{
    return language == Language::chinese ? chinese_file : english_file;
}

const NotificationWords& words_of(Language language)
{
    static const NotificationWords english = read(english_file);
    static const NotificationWords chinese = read(chinese_file);
    return language == Language::chinese ? chinese : english;
}

} // namespace posthouse::mail
