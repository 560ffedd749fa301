/* SPDX-License-Identifier: Apache-2.0 */
/* A mail filter of Sendmail's own library that does what a letter's header tells it:
 *
 *     X-Do: ACTION ARGUMENT…         at the letter's end, in the order of these fields
 *     X-At: STAGE VERDICT            at connect, helo, header, eoh, body: a verdict in that stage
 *
 * and, in the envelope, what the local part begins with: "reject-", "tempfail-", "reply-", "accept-",
 * "discard-" as the filter's answer to that sender or recipient. What it is told goes to standard output,
 * a line a callback.
 *
 *     test_filter SOCKET [plain|all|quiet]
 *
 * plain: it negotiates as a filter of 1999 does; all: it wants macros of its own choice, refused recipients and
 * leading spaces; quiet: as all, and it answers nothing before the letter's end.
 */
#include <libmilter/mfapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 64

enum manner { PLAIN, ALL, QUIET };
static enum manner manner;

struct letter {
    char *todo[MOST];
    int todos;
    int body_verdict;
    int eoh_verdict;
    size_t body_bytes;
    int chunks;
};

static void tell(SMFICTX *context, const char *what, const char *argument)
{
    static const char *const wanted[] = {"j", "{client_addr}", "{tls_version}", "{mail_addr}", "{rcpt_addr}",
                                         "{auth_authen}", "i"};
    flockfile(stdout);
    printf("%s %s", what, argument ? argument : "");
    for (size_t n = 0; n < sizeof wanted / sizeof *wanted; ++n) {
        const char *value = smfi_getsymval(context, (char *)(size_t)wanted[n]);
        if (value)
            printf(" %s=%s", wanted[n], value);
    }
    printf("\n");
    fflush(stdout);
    funlockfile(stdout);
}

static struct letter *letter_of(SMFICTX *context)
{
    struct letter *letter = smfi_getpriv(context);
    if (!letter) {
        letter = calloc(1, sizeof *letter);
        smfi_setpriv(context, letter);
    }
    return letter;
}

static void forget(SMFICTX *context)
{
    struct letter *letter = smfi_getpriv(context);
    if (!letter)
        return;
    for (int n = 0; n < letter->todos; ++n)
        free(letter->todo[n]);
    free(letter);
    smfi_setpriv(context, NULL);
}

static sfsistat verdict_named(SMFICTX *context, const char *name)
{
    if (!strncmp(name, "reject", 6))
        return SMFIS_REJECT;
    if (!strncmp(name, "tempfail", 8))
        return SMFIS_TEMPFAIL;
    if (!strncmp(name, "accept", 6))
        return SMFIS_ACCEPT;
    if (!strncmp(name, "discard", 7))
        return SMFIS_DISCARD;
    if (!strncmp(name, "skip", 4))
        return SMFIS_SKIP;
    if (!strncmp(name, "reply", 5)) {
        smfi_setmlreply(context, "554", "5.7.9", "The filter says 100%% no", "and says it twice", NULL);
        return SMFIS_REJECT;
    }
    return SMFIS_CONTINUE;
}

static sfsistat answer(sfsistat verdict)
{
    return manner == QUIET && verdict == SMFIS_CONTINUE ? SMFIS_NOREPLY : verdict;
}

static sfsistat on_negotiate(SMFICTX *context, unsigned long f0, unsigned long f1, unsigned long f2, unsigned long f3,
                             unsigned long *p0, unsigned long *p1, unsigned long *p2, unsigned long *p3)
{
    (void)f2, (void)f3;
    if (manner == PLAIN)
        return SMFIS_ALL_OPTS;
    *p0 = f0;
    *p1 = SMFIP_RCPT_REJ | SMFIP_HDR_LEADSPC | SMFIP_SKIP;
    if (manner == QUIET)
        *p1 |= SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN |
               SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY;
    *p1 &= f1;
    *p2 = *p3 = 0;
    smfi_setsymlist(context, SMFIM_CONNECT, "{client_addr}");
    smfi_setsymlist(context, SMFIM_ENVFROM, "{mail_addr}");
    printf("negotiate %#lx %#lx\n", f0, f1);
    fflush(stdout);
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *context, char *name, _SOCK_ADDR *address)
{
    (void)address;
    tell(context, "connect", name);
    return answer(SMFIS_CONTINUE);
}

static sfsistat on_helo(SMFICTX *context, char *name)
{
    tell(context, "helo", name);
    return answer(verdict_named(context, name));
}

static sfsistat on_sender(SMFICTX *context, char **arguments)
{
    forget(context);
    for (char **each = arguments + 1; *each; ++each)
        tell(context, "parameter", *each);
    tell(context, "mail", *arguments);
    return answer(verdict_named(context, *arguments + 1));
}

static sfsistat on_recipient(SMFICTX *context, char **arguments)
{
    for (char **each = arguments + 1; *each; ++each)
        tell(context, "parameter", *each);
    tell(context, "rcpt", *arguments);
    return answer(verdict_named(context, *arguments + 1));
}

static sfsistat on_data(SMFICTX *context)
{
    tell(context, "data", NULL);
    return answer(SMFIS_CONTINUE);
}

static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
    struct letter *letter = letter_of(context);
    tell(context, name, value);
    while (*value == ' ')
        ++value;
    if (!strcmp(name, "X-Do") && letter->todos < MOST)
        letter->todo[letter->todos++] = strdup(value);
    if (strcmp(name, "X-At"))
        return answer(SMFIS_CONTINUE);
    if (!strncmp(value, "header ", 7))
        return answer(verdict_named(context, value + 7));
    if (!strncmp(value, "eoh ", 4))
        letter->eoh_verdict = verdict_named(context, value + 4);
    if (!strncmp(value, "body ", 5))
        letter->body_verdict = verdict_named(context, value + 5);
    return answer(SMFIS_CONTINUE);
}

static sfsistat on_end_of_header(SMFICTX *context)
{
    return answer(letter_of(context)->eoh_verdict);
}

static sfsistat on_body(SMFICTX *context, unsigned char *bytes, size_t count)
{
    struct letter *letter = letter_of(context);
    (void)bytes;
    letter->body_bytes += count;
    ++letter->chunks;
    return answer(letter->body_verdict);
}

/* Splits `text` in place into `most` words; the last keeps the rest. */
static int split(char *text, char **words, int most)
{
    int count = 0;
    while (text && *text && count < most) {
        words[count++] = text;
        if (count < most && (text = strchr(text, ' ')) != NULL)
            *text++ = '\0';
    }
    for (int n = count; n < most; ++n)
        words[n] = NULL;
    return count;
}

static sfsistat carry_out(SMFICTX *context, char *what)
{
    char *word[4];
    char *name = what;
    char *rest = strchr(what, ' ');
    int failed = 0;
    if (rest)
        *rest++ = '\0';
    if (!strcmp(name, "add")) {
        split(rest, word, 2);
        failed = smfi_addheader(context, word[0], word[1]);
    } else if (!strcmp(name, "fold")) {
        failed = smfi_addheader(context, rest, " one\n\ttwo\n three");
    } else if (!strcmp(name, "inject")) {
        failed = smfi_addheader(context, "X-Innocent", " a\r\nX-Injected: b\r\n\r\nbody");
    } else if (!strcmp(name, "insert")) {
        split(rest, word, 3);
        failed = smfi_insheader(context, atoi(word[0]), word[1], word[2]);
    } else if (!strcmp(name, "change")) {
        split(rest, word, 3);
        failed = smfi_chgheader(context, word[1], atoi(word[0]), word[2]);
    } else if (!strcmp(name, "delete")) {
        split(rest, word, 2);
        failed = smfi_chgheader(context, word[1], atoi(word[0]), NULL);
    } else if (!strcmp(name, "body")) {
        char text[1024];
        const int length = snprintf(text, sizeof text, "%s\r\n", rest);
        failed = smfi_replacebody(context, (unsigned char *)text, length);
    } else if (!strcmp(name, "large-body")) {
        char line[1025];
        memset(line, 'r', sizeof line);
        memcpy(line + 1022, "\r\n", 3);
        for (int n = atoi(rest); n > 0 && !failed; --n)
            failed = smfi_replacebody(context, (unsigned char *)line, 1024);
    } else if (!strcmp(name, "add-recipient")) {
        failed = smfi_addrcpt(context, rest);
    } else if (!strcmp(name, "add-recipient-with")) {
        split(rest, word, 2);
        failed = smfi_addrcpt_par(context, word[0], word[1]);
    } else if (!strcmp(name, "delete-recipient")) {
        failed = smfi_delrcpt(context, rest);
    } else if (!strcmp(name, "sender")) {
        split(rest, word, 2);
        failed = smfi_chgfrom(context, word[0], word[1]);
    } else if (!strcmp(name, "quarantine")) {
        failed = smfi_quarantine(context, rest);
    } else if (!strcmp(name, "progress")) {
        failed = smfi_progress(context);
    } else if (!strcmp(name, "hang")) {
        pause();
    } else if (!strcmp(name, "die")) {
        _exit(1);
    } else {
        return verdict_named(context, name);
    }
    if (failed)
        tell(context, "failed", name);
    return SMFIS_CONTINUE;
}

static sfsistat on_end(SMFICTX *context)
{
    struct letter *letter = letter_of(context);
    char numbers[64];
    sfsistat verdict = SMFIS_CONTINUE;
    snprintf(numbers, sizeof numbers, "%zu in %d", letter->body_bytes, letter->chunks);
    tell(context, "end", numbers);
    for (int n = 0; n < letter->todos && verdict == SMFIS_CONTINUE; ++n)
        verdict = carry_out(context, letter->todo[n]);
    forget(context);
    return verdict;
}

static sfsistat on_abort(SMFICTX *context)
{
    tell(context, "abort", NULL);
    forget(context);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context)
{
    forget(context);
    printf("close\n");
    fflush(stdout);
    return SMFIS_CONTINUE;
}

int main(int count, char **words)
{
    struct smfiDesc filter = {
        .xxfi_name = "test",
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR |
                      SMFIF_DELRCPT | SMFIF_QUARANTINE | SMFIF_CHGFROM | SMFIF_SETSYMLIST,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_sender,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };
    if (count < 2)
        return 64;
    manner = count < 3 || !strcmp(words[2], "plain") ? PLAIN : !strcmp(words[2], "all") ? ALL : QUIET;
    if (manner == PLAIN)
        filter.xxfi_negotiate = NULL;
    if (smfi_setconn(words[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS ||
        smfi_opensocket(1) != MI_SUCCESS)
        return 69;
    printf("ready\n");
    fflush(stdout);
    return smfi_main() == MI_SUCCESS ? 0 : 70;
}
