#include "proto/ops.h"

#include <stdio.h>

static const struct {
    const char *name, *scope;
    uint8_t severity;
    bool is_ms;
} rows[OPS_N] = {
#define OPS_ROW(name, wire, severity, scope, is_ms)                                                \
    [OPS_##name] = {wire, scope, SEVERITY_##severity, is_ms},
    OPS_TABLE(OPS_ROW)
#undef OPS_ROW
};

const char *ops_name(enum ops_kind what)
{
    CHECK(what < OPS_N);
    return rows[what].name;
}

const char *ops_scope(enum ops_kind what)
{
    CHECK(what < OPS_N);
    return rows[what].scope;
}

enum severity ops_severity(enum ops_kind what)
{
    CHECK(what < OPS_N);
    return (enum severity)rows[what].severity;
}

bool ops_is_ms(enum ops_kind what)
{
    CHECK(what < OPS_N);
    return rows[what].is_ms;
}

/* Parts of a sentence: @n the name, @v the value, @d the detail. [en, zh] */
static const char *const raised[OPS_N][2] = {
    [OPS_GAP] = {"source @n: @v events did not come (gaps in seq)",
                 "来源 @n：缺少 @v 个事件（seq 有缺口）"},
    [OPS_SILENT] = {"source @n: nothing heard for @v", "来源 @n：已 @v 没有任何消息"},
    [OPS_LAG] = {"source @n: its events come @v late", "来源 @n：事件滞后 @v"},
    [OPS_DISK] =
        {"the journal cannot be written (@d): numbers and alerts go on in memory, batches "
         "are put off; make room or mend the state directory",
         "日志无法写入（@d）：指标与告警仍在内存中继续，批次暂缓接收；请腾出空间或修复状态目录"},
    [OPS_LOST] = {"@v entries are not in the journal, the disk took nothing for too long; the next "
                  "checkpoint covers them",
                  "@v 条记录未能写入日志（磁盘长时间不可写）；下一个检查点会包含它们"},
    [OPS_DAMAGE] = {"the state directory is damaged, @v entries were lost at the start: @d",
                    "状态目录有损坏，启动时丢失 @v 条记录：@d"},
    [OPS_CHECKPOINT] = {"no checkpoint could be written for @v: @d", "已 @v 无法写入检查点：@d"},
    [OPS_RECORD] =
        {"record.db cannot be written (@d): alerts are told and counted as before, but "
         "not kept there; make room or mend the state directory",
         "record.db 无法写入（@d）：告警照常发出，但未存入记录；请腾出空间或修复状态目录"},
    [OPS_RECEIVER] = {"receiver @n: nothing could be delivered for @v: @d; alerts wait for it",
                      "接收端 @n：已 @v 无法送达：@d；告警在排队等待"},
    [OPS_CLOCK] = {"the system's clock was set back by @v: ours waits for it",
                   "系统时钟被调回 @v：内部时钟等待其追上"},
    [OPS_LIMIT] =
        {"the limit of @n is met: raise it under `limits`, what is beyond is not kept in full",
         "@n 已达上限：请在 limits 中调高，超出部分无法完整保留"},
};

static const char *const cleared[OPS_N][2] = {
    [OPS_GAP] = {"source @n: no further event is missing", "来源 @n：不再缺少事件"},
    [OPS_SILENT] = {"source @n speaks again", "来源 @n 恢复发送"},
    [OPS_LAG] = {"source @n is on time again", "来源 @n 不再滞后"},
    [OPS_DISK] = {"the journal is written again", "日志恢复写入"},
    [OPS_LOST] = {"a checkpoint covers what the journal has not", "检查点已包含日志中缺少的记录"},
    [OPS_DAMAGE] = {"a new checkpoint is whole", "新的检查点完整"},
    [OPS_CHECKPOINT] = {"a checkpoint was written", "检查点已写入"},
    [OPS_RECORD] = {"record.db is written again", "record.db 恢复写入"},
    [OPS_RECEIVER] = {"receiver @n takes alerts again", "接收端 @n 恢复接收告警"},
    [OPS_CLOCK] = {"the system's clock has caught up", "系统时钟已追上"},
    [OPS_LIMIT] = {"the limit of @n was not met any more", "@n 不再触顶"},
};

static size_t add(char buf[PHRASE_MAX], size_t n, struct str text)
{
    uint32_t fits = (uint32_t)(PHRASE_MAX - 1 - n);
    uint32_t len = text.len < fits ? text.len : fits;
    if (len > 0)
        memcpy(buf + n, text.p, len);
    return n + len;
}

static struct str value_of(char buf[PHRASE_MAX], const struct alert *a, enum lang lang)
{
    if (ops_is_ms((enum ops_kind)a->rule))
        phrase_duration(buf, a->value, lang);
    else
        snprintf(buf, PHRASE_MAX, "%lld", (long long)a->value);
    return str_of(buf);
}

char *ops_phrase(char buf[PHRASE_MAX], const struct alert *a, enum lang lang)
{
    char value[PHRASE_MAX];
    CHECK(a->kind == ALERT_OPS && a->rule < OPS_N);
    bool zh = lang == LANG_ZH, active = a->state == ALERT_BREACHED || a->state == ALERT_WARNING;
    bool over = a->state == ALERT_CLEARED;
    const char *before = active ? ""
                         : over ? (zh ? "已恢复：" : "cleared: ")
                                : (zh ? "已取消（停机）：" : "cancelled, we stop: ");
    size_t n = add(buf, 0, str_of(before));
    for (const char *p = (over ? cleared : raised)[a->rule][zh]; *p != 0; p++) {
        if (*p != '@') {
            n = add(buf, n, (struct str){p, 1});
            continue;
        }
        p++;
        n = add(buf, n, *p == 'n' ? a->name : *p == 'd' ? a->detail : value_of(value, a, lang));
    }
    buf[n] = 0;
    return buf;
}
