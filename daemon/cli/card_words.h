/* card_words.h: what tables of scorecards say; part of the table in words.h. */
#ifndef TP_DAEMON_CLI_CARD_WORDS_H
#define TP_DAEMON_CLI_CARD_WORDS_H

/* X(NAME, English, Chinese) */
#define CARD_WORDS(X)                                                                              \
    X(K_CARD, "scorecard", "考核表")                                                               \
    X(S_RANK, "rank", "名次")                                                                      \
    X(S_MEDAL, "medal", "奖牌")                                                                    \
    X(S_NAME, "name", "名称")                                                                      \
    X(S_SCORE, "score", "得分")                                                                    \
    X(S_GRADE, "grade", "等级")                                                                    \
    X(S_COUNTED, "counted", "计入权重")                                                            \
    X(S_STRENGTHS, "strengths", "优势")                                                            \
    X(S_WEAK, "weak spots", "短板")                                                                \
    X(S_ITEM, "item", "项目")                                                                      \
    X(S_VALUE, "value", "实际")                                                                    \
    X(S_N, "n", "样本")                                                                            \
    X(S_BASELINE, "baseline", "基线")                                                              \
    X(S_TARGET, "target", "目标")                                                                  \
    X(S_INDUSTRY, "industry", "行业")                                                              \
    X(S_WEIGHT, "weight", "权重")                                                                  \
    X(S_BAND, "band", "档")                                                                        \
    X(S_POINTS, "points", "项目分")                                                                \
    X(S_MARK, "verdict", "评价")                                                                   \
    X(S_STRONG, "strength", "优势")                                                                \
    X(S_WEAK_SPOT, "weak spot", "短板")                                                            \
    X(S_LEFT_OUT, "left out: too few", "样本不足，未计")                                           \
    X(S_VOIDED, "void", "作废")                                                                    \
    X(S_GATE, "void by ", "作废：")                                                                \
    X(S_GOLD, "gold", "金牌")                                                                      \
    X(S_SILVER, "silver", "银牌")                                                                  \
    X(S_BRONZE, "bronze", "铜牌")                                                                  \
    X(S_OF, "{1} of {2}", "第 {1} 名，共 {2} 名")                                                  \
    X(S_NOBODY, "no scores", "暂无得分")

#endif
