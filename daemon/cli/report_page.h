/* report_page.h: the style and the script of HTML reports: report.css and report.js, which the
 * build puts into the program. */
#ifndef TP_DAEMON_CLI_REPORT_PAGE_H
#define TP_DAEMON_CLI_REPORT_PAGE_H

#include "core/base.h"

extern const struct str report_css, report_js;

#endif
