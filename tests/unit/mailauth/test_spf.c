/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/spf.h"

#include "lib/base/buffer.h"
#include "lib/dns/name.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/unit.h"

#define WAVES_MAX 16

static const struct canned_record zone[] = {
    {"plain.org",                     "TXT",     "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"                },
    {"wide.org",                      "TXT",     "v=spf1 a mx include:one.org include:two.org -all"              },
    {"wide.org",                      "A",       "198.51.100.1"                                                  },
    {"wide.org",                      "MX",      "10 mx1.wide.org"                                               },
    {"wide.org",                      "MX",      "20 mx2.wide.org"                                               },
    {"mx1.wide.org",                  "A",       "198.51.100.2"                                                  },
    {"mx2.wide.org",                  "A",       "198.51.100.3"                                                  },
    {"one.org",                       "TXT",     "v=spf1 a:a.one.org -all"                                       },
    {"a.one.org",                     "A",       "198.51.100.4"                                                  },
    {"two.org",                       "TXT",     "v=spf1 a:a.two.org -all"                                       },
    {"a.two.org",                     "A",       "198.51.100.5"                                                  },
    {"deep.org",                      "TXT",     "v=spf1 include:d1.org ~all"                                    },
    {"d1.org",                        "TXT",     "v=spf1 include:d2.org ~all"                                    },
    {"d2.org",                        "TXT",     "v=spf1 include:d3.org ~all"                                    },
    {"d3.org",                        "TXT",     "v=spf1 ip4:192.0.2.1 ~all"                                     },
    {"stop.org",                      "TXT",     "v=spf1 a ip4:192.0.2.1 mx -all"                                },
    {"stop.org",                      "A",       "198.51.100.1"                                                  },
    {"redirect.org",                  "TXT",     "v=spf1 a redirect=plain.org"                                   },
    {"redirect.org",                  "A",       "198.51.100.1"                                                  },
    {"first.org",                     "TXT",     "v=spf1 a:down.org ip4:192.0.2.1 -all"                          },
    {"down.org",                      "TIMEOUT", ""                                                              },
    {"maybe.org",                     "TXT",     "v=spf1 mx -all"                                                },
    {"maybe.org",                     "MX",      "10 down.org"                                                   },
    {"maybe.org",                     "MX",      "10 up.org"                                                     },
    {"up.org",                        "A",       "192.0.2.1"                                                     },
    {"over.org",                      "TXT",     "v=spf1 a a a a a a a a a a a -all"                             },
    {"over.org",                      "A",       "198.51.100.1"                                                  },
    {"over-behind.org",               "TXT",     "v=spf1 ip4:192.0.2.1 a a a a a a a a a a a -all"               },
    {"loop.org",                      "TXT",     "v=spf1 include:loop.org -all"                                  },
    {"void.org",                      "TXT",     "v=spf1 a:no1.void.org mx:no2.void.org exists:no3.void.org -all"},
    {"voidmx.org",                    "TXT",     "v=spf1 mx -all"                                                },
    {"voidmx.org",                    "MX",      "1 n1.void.org"                                                 },
    {"voidmx.org",                    "MX",      "1 n2.void.org"                                                 },
    {"voidmx.org",                    "MX",      "1 n3.void.org"                                                 },
    {"nullmx.org",                    "TXT",     "v=spf1 mx -all"                                                },
    {"nullmx.org",                    "MX",      "0 "                                                            },
    {"two-records.org",               "TXT",     "v=spf1 -all"                                                   },
    {"two-records.org",               "TXT",     "v=spf1 +all"                                                   },
    {"other-text.org",                "TXT",     "some-verification=1"                                           },
    {"xn--mnchen-3ya.example",        "TXT",     "v=spf1 ip4:192.0.2.1 -all"                                     },
    {"under_score.example.org",       "TXT",     "v=spf1 +all"                                                   },
    {"local.org",                     "TXT",     "v=spf1 exists:%{l}.users.local.org -all"                       },
    {"ann.users.local.org",           "A",       "127.0.0.2"                                                     },
    {"postmaster.users.local.org",    "A",       "127.0.0.2"                                                     },
    {"ptr.org",                       "TXT",     "v=spf1 ptr -all"                                               },
    {"1.2.0.192.in-addr.arpa",        "PTR",     "elsewhere.net"                                                 },
    {"1.2.0.192.in-addr.arpa",        "PTR",     "host.ptr.org"                                                  },
    {"host.ptr.org",                  "A",       "192.0.2.1"                                                     },
    {"noptr.org",                     "TXT",     "v=spf1 ptr -all"                                               },
    {"p.org",                         "TXT",     "v=spf1 exists:%{p}.seen.p.org -all"                            },
    {"elsewhere.net",                 "A",       "192.0.2.99"                                                    },
    {"host.ptr.org.seen.p.org",       "A",       "127.0.0.2"                                                     },
    {"exp.org",                       "TXT",     "v=spf1 -all exp=why.exp.org"                                   },
    {"why.exp.org",                   "TXT",     "%{i} may not send for %{o}"                                    },
    {"badexp.org",                    "TXT",     "v=spf1 -all exp=why.badexp.org"                                },
    {"why.badexp.org",                "TXT",     "said %{h}"                                                     },
    {"helo.example.org",              "TXT",     "v=spf1 a -all"                                                 },
    {"helo.example.org",              "A",       "192.0.2.1"                                                     },
    {"ten.org",                       "TXT",     "v=spf1 a a a a a a a a a redirect=plain.org"                   },
    {"ten.org",                       "A",       "198.51.100.1"                                                  },
    {"eleven.org",                    "TXT",     "v=spf1 a a a a a a a a a a redirect=plain.org"                 },
    {"eleven.org",                    "A",       "198.51.100.1"                                                  },
    {"nested.org",                    "TXT",     "v=spf1 a include:nine.org ip4:192.0.2.1 -all"                  },
    {"nested.org",                    "A",       "198.51.100.1"                                                  },
    {"nine.org",                      "TXT",     "v=spf1 a a a a a a a a a"                                      },
    {"nine.org",                      "A",       "198.51.100.1"                                                  },
    {"voids.org",                     "TXT",     "v=spf1 a:no1.void.org mx:no2.void.org ip4:192.0.2.1 -all"      },
    {"voidinc.org",                   "TXT",     "v=spf1 a:no1.void.org include:voidin.org -all"                 },
    {"voidin.org",                    "TXT",     "v=spf1 exists:no2.void.org ptr ip4:192.0.2.2 -all"             },
    {"gone-redirect.org",             "TXT",     "v=spf1 redirect=nowhere.org"                                   },
    {"slow-redirect.org",             "TXT",     "v=spf1 redirect=down.org"                                      },
    {"slow-include.org",              "TXT",     "v=spf1 include:down.org +all"                                  },
    {"bad-include.org",               "TXT",     "v=spf1 include:two-records.org +all"                           },
    {"p-redirect.org",                "TXT",     "v=spf1 redirect=%{p}.policy.org"                               },
    {"host.ptr.org.policy.org",       "TXT",     "v=spf1 +all"                                                   },
    {"hangs.org",                     "TXT",     "v=spf1 exists:%{p}.hangs.org -all"                             },
    {"9.2.0.192.in-addr.arpa",        "TIMEOUT", ""                                                              },
    {"unknown.hangs.org",             "A",       "127.0.0.2"                                                     },
    {"unknown.local.org",             "TXT",     "v=spf1 a:%{s}.org -all"                                        },
    {"long.org",                      "TXT",     "v=spf1 -all exp=long-why.org"                                  },
    {"long-why.org",                  "TXT",     "%{h}%{h}%{h}"                                                  },
    {"p-why.org",                     "TXT",     "v=spf1 -all exp=p.why.org"                                     },
    {"p.why.org",                     "TXT",     "You are %{p}"                                                  },
    {"b\\s.users.local.org",          "A",       "127.0.0.2"                                                     },
    {"c\x1f.users.local.org",         "A",       "127.0.0.2"                                                     },
    {"d\x7f.users.local.org",         "A",       "127.0.0.2"                                                     },
    {"e f~.users.local.org",          "A",       "127.0.0.2"                                                     },
    {"syntax.org",                    "TXT",     "v=spf1 moo -all"                                               },
    {"ten-and-bad.org",               "TXT",
     "v=spf1 a:no1.void.org a:no2.void.org a a a a a a a include:two-records.org"                                },
    {"ten-and-bad.org",               "A",       "198.51.100.1"                                                  },
    {"part.org",                      "TXT",     "v=spf1 exists:%{l1-}.users.local.org -all"                     },
    {"part-redirect.org",             "TXT",     "v=spf1 redirect=%{l1-}.redirects.org"                          },
    {"ann.redirects.org",             "TXT",     "v=spf1 +all"                                                   },
    {"part-why.org",                  "TXT",     "v=spf1 -all exp=%{L1-}.whys.org"                               },
    {"ann.whys.org",                  "TXT",     "because"                                                       },
    {"whole.org",                     "TXT",     "v=spf1 exists:%{s1-}.users.local.org -all"                     },
    {"ann@whole.org.users.local.org", "A",       "127.0.0.2"                                                     },
    {"pick.org",                      "TXT",     "v=spf1 exists:%{p}.seen.org -all"                              },
    {"pick.org",                      "A",       "192.0.2.7"                                                     },
    {"pick.org.seen.org",             "A",       "127.0.0.2"                                                     },
    {"below.org",                     "TXT",     "v=spf1 exists:%{p}.seen.org -all"                              },
    {"sub.below.org.seen.org",        "A",       "127.0.0.2"                                                     },
    {"sub.below.org",                 "A",       "192.0.2.7"                                                     },
    {"sub.pick.org",                  "A",       "192.0.2.7"                                                     },
    {"7.2.0.192.in-addr.arpa",        "PTR",     "sub.pick.org"                                                  },
    {"7.2.0.192.in-addr.arpa",        "PTR",     "pick.org"                                                      },
    {"7.2.0.192.in-addr.arpa",        "PTR",     "sub.below.org"                                                 },
    {"7.2.0.192.in-addr.arpa",        "PTR",     "zub.below.org"                                                 },
    {"7.2.0.192.in-addr.arpa",        "PTR",     "below.org"                                                     },
    {"zub.below.org",                 "A",       "192.0.2.7"                                                     },
    {"exp2.org",                      "TXT",     "v=spf1 -all exp=why.exp2.org"                                  },
    {"why.exp2.org",                  "TXT",     "one"                                                           },
    {"why.exp2.org",                  "TXT",     "two"                                                           },
    {"exp3.org",                      "TXT",     "v=spf1 -all exp=why.exp3.org"                                  },
    {"why.exp3.org",                  "TXT",     "about 100%"                                                    },
    {"exp4.org",                      "TXT",     "v=spf1 -all exp=why.exp4.org"                                  },
    {"why.exp4.org",                  "TXT",     "~see http://exp4.org/~you"                                     },
    {"exp5.org",                      "TXT",     "v=spf1 -all exp=down.org"                                      },
    {"exp6.org",                      "TXT",     "v=spf1 -all exp=nowhere.org"                                   },
    {"exp7.org",                      "TXT",     "v=spf1 redirect=exp.org exp=why.exp4.org"                      },
    {"exp8.org",                      "TXT",     "v=spf1 include:exp.org -all"                                   },
    {"late.org",                      "TXT",     "v=spf1 include:l1.org +all"                                    },
    {"l1.org",                        "TXT",     "v=spf1 include:l2.org a mx ~a -a +all"                         },
    {"l2.org",                        "TXT",     "v=spf1 include:l3.org ?all"                                    },
    {"l3.org",                        "TXT",     "v=spf1 +all"                                                   },
    {"user.org",                      "TXT",     "v=spf1 include:%{l}._spf.user.org -all"                        },
    {"a+b=c._spf.user.org",           "TXT",     "v=spf1 ip4:192.0.2.1"                                          },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n0.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n1.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n2.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n3.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n4.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n5.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n6.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n7.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n8.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "n9.elsewhere.net"                                              },
    {"11.2.0.192.in-addr.arpa",       "PTR",     "last.ptr.org"                                                  },
    {"last.ptr.org",                  "A",       "192.0.2.11"                                                    },
    {"12.2.0.192.in-addr.arpa",       "PTR",     "last.ptr.org"                                                  },
    {"last.ptr.org",                  "A",       "192.0.2.12"                                                    },
    {"ask.org",                       "TXT",     "v=spf1 a:%{l}.x mx:%{l}.x exists:%{l}.x a:no.void.org +all"    },
    {"prefixes.org",                  "TXT",     "v=spf1 a/24//64 -all"                                          },
    {"prefixes.org",                  "A",       "192.0.2.200"                                                   },
    {"prefixes.org",                  "AAAA",    "2001:db8::99"                                                  },
    {"13.2.0.192.in-addr.arpa",       "NAME",    ""                                                              },
    {"voidptr.org",                   "TXT",     "v=spf1 a:no1.void.org a:no2.void.org ptr -all"                 },
    {"oddmx.org",                     "TXT",     "v=spf1 mx -all"                                                },
    {"oddmx.org",                     "MX",      "10 b\\s.users.local.org"                                       },
    {"b\\s._spf.user.org",            "TXT",     "v=spf1 +all"                                                   },
    {"neutral.org",                   "TXT",     "v=spf1 ip4:198.51.100.1"                                       },
    {"soft.org",                      "TXT",     "v=spf1 ~all exp=why.exp.org"                                   },
    {"receiver.org",                  "TXT",     "v=spf1 -all exp=why.receiver.org"                              },
    {"why.receiver.org",              "TXT",     "by %{r}"                                                       },
    {NULL,                            NULL,      NULL                                                            },
};

struct run {
    struct arena *arena;
    struct answers *answers;
    struct spf_verdict verdict;
    size_t waves, questions;
};

static struct run run_check(const char *client, const char *helo, struct text sender)
{
    struct run run = {.arena = arena_new()};
    struct canned *canned = canned_new(run.arena);
    struct spf_query query = {.helo = text_from_string(helo), .sender = sender};

    canned_add_table(canned, zone);
    run.answers = answers_new(run.arena);
    if (client != NULL)
        assert_true(ip_parse(text_from_string(client), &query.client));
    while (spf_check(&query, run.answers, run.arena, &run.verdict) == AUTH_WAITING) {
        assert_true(run.waves++ < WAVES_MAX);
        run.questions += canned_answer_wave(canned, run.answers);
    }
    return run;
}

static const struct {
    const char *name, *client, *sender, *result, *mechanism;
} result_rows[] = {
    {"ip4",                                     "192.0.2.9",        "a@plain.org",                    "pass",      "ip4:192.0.2.0/24"           },
    {"ip6",                                     "2001:db8::1",      "a@plain.org",                    "pass",      "ip6:2001:db8::/32"          },
    {"mapped address",                          "::ffff:192.0.2.9", "a@plain.org",                    "pass",      "ip4:192.0.2.0/24"           },
    {"all",                                     "203.0.113.1",      "a@plain.org",                    "fail",      "-all"                       },
    {"no domain",                               "192.0.2.1",        "a@nowhere.org",                  "none",      ""                           },
    {"no record",                               "192.0.2.1",        "a@other-text.org",               "none",      ""                           },
    {"several records",                         "192.0.2.1",        "a@two-records.org",              "permerror", ""                           },
    {"lookup fails",                            "192.0.2.1",        "a@down.org",                     "temperror", ""                           },
    {"a term's lookup fails first",             "192.0.2.1",        "a@first.org",                    "temperror", "a:down.org"                 },
    {"an exchange matches beside a failed one", "192.0.2.1",        "a@maybe.org",                    "pass",      "mx"                         },
    {"an exchange fails and none matches",      "192.0.2.2",        "a@maybe.org",                    "temperror", "mx"                         },
    {"eleven terms",                            "192.0.2.1",        "a@over.org",                     "permerror", "a"                          },
    {"a match before eleven terms",             "192.0.2.1",        "a@over-behind.org",              "pass",      "ip4:192.0.2.1"              },
    {"ten terms with the redirect",             "192.0.2.1",        "a@ten.org",                      "pass",      "ip4:192.0.2.0/24"           },
    {"eleven with the redirect",                "192.0.2.1",        "a@eleven.org",                   "permerror", ""                           },
    {"eleven over an include",                  "192.0.2.1",        "a@nested.org",                   "permerror", "include:nine.org"           },
    {"two void lookups",                        "192.0.2.1",        "a@voids.org",                    "pass",      "ip4:192.0.2.1"              },
    {"void lookups over an include, PTR too",   "192.0.2.2",        "a@voidinc.org",                  "permerror",
     "include:voidin.org"                                                                                                                       },
    {"redirect to nothing",                     "192.0.2.1",        "a@gone-redirect.org",            "permerror", ""                           },
    {"redirect to a failed lookup",             "192.0.2.1",        "a@slow-redirect.org",            "temperror", ""                           },
    {"include of a failed lookup",              "192.0.2.1",        "a@slow-include.org",             "temperror",
     "include:down.org"                                                                                                                         },
    {"include of an error",                     "192.0.2.1",        "a@bad-include.org",              "permerror",
     "include:two-records.org"                                                                                                                  },
    {"redirect by the validated name",          "192.0.2.1",        "a@p-redirect.org",               "pass",      "+all"                       },
    {"ptr's lookup fails",                      "192.0.2.9",        "a@ptr.org",                      "fail",      "-all"                       },
    {"no validated name",                       "192.0.2.9",        "a@hangs.org",                    "pass",      "exists:%{p}.hangs.org"      },
    {"the ASCII part of a local part",          "192.0.2.1",        "a-ann@part.org",                 "pass",
     "exists:%{l1-}.users.local.org"                                                                                                            },
    {"the ASCII part of one beyond ASCII",      "192.0.2.1",        "\xc3\xa9-ann@part.org",          "fail",      "-all"                       },
    {"a redirect by the ASCII part",            "192.0.2.1",        "a-ann@part-redirect.org",        "pass",      "+all"                       },
    {"a redirect by that of one beyond ASCII",  "192.0.2.1",        "\xc3\xa9-ann@part-redirect.org",
     "permerror",                                                                                                  ""                           },
    {"the ASCII part of a sender",              "192.0.2.1",        "a-ann@whole.org",                "pass",
     "exists:%{s1-}.users.local.org"                                                                                                            },
    {"the ASCII part of one beyond it",         "192.0.2.1",        "\xc3\xa9-ann@whole.org",         "fail",      "-all"                       },
    {"the domain itself is the best name",      "192.0.2.7",        "a@pick.org",                     "pass",
     "exists:%{p}.seen.org"                                                                                                                     },
    {"a name below it is the next",             "192.0.2.7",        "a@below.org",                    "pass",      "exists:%{p}.seen.org"       },
    {"sender beyond ASCII",                     "192.0.2.1",        "\xc3\xa9@unknown.local.org",     "fail",      "-all"                       },
    {"include loop",                            "192.0.2.1",        "a@loop.org",                     "permerror", "include:loop.org"           },
    {"three void lookups",                      "192.0.2.1",        "a@void.org",                     "permerror", "exists:no3.void.org"        },
    {"void exchanges are one term",             "192.0.2.1",        "a@voidmx.org",                   "fail",      "-all"                       },
    {"null MX",                                 "192.0.2.1",        "a@nullmx.org",                   "fail",      "-all"                       },
    {"U-label",                                 "192.0.2.1",        "a@m\xc3\xbcnchen.example",       "pass",      "ip4:192.0.2.1"              },
    {"underscore",                              "192.0.2.1",        "a@under_score.example.org",      "pass",      "+all"                       },
    {"local part",                              "192.0.2.1",        "ann@local.org",                  "pass",      "exists:%{l}.users.local.org"},
    {"another local part",                      "192.0.2.1",        "bob@local.org",                  "fail",      "-all"                       },
    {"no local part",                           "192.0.2.1",        "@local.org",                     "pass",      "exists:%{l}.users.local.org"},
    {"local part beyond ASCII",                 "192.0.2.1",        "\xc3\xa9@local.org",             "fail",      "-all"                       },
    {"backslash in a name",                     "192.0.2.1",        "b\\s@local.org",                 "fail",      "-all"                       },
    {"control character in a name",             "192.0.2.1",        "c\x1f@local.org",                "fail",      "-all"                       },
    {"delete in a name",                        "192.0.2.1",        "d\x7f@local.org",                "fail",      "-all"                       },
    {"blank and tilde in a name",               "192.0.2.1",        "e f~@local.org",                 "pass",
     "exists:%{l}.users.local.org"                                                                                                              },
    {"quoted at sign",                          "192.0.2.9",        "\"a@b\"@plain.org",              "pass",      "ip4:192.0.2.0/24"           },
    {"ptr",                                     "192.0.2.1",        "a@ptr.org",                      "pass",      "ptr"                        },
    {"ptr elsewhere",                           "192.0.2.1",        "a@noptr.org",                    "fail",      "-all"                       },
    {"ptr without a name",                      "192.0.2.2",        "a@ptr.org",                      "fail",      "-all"                       },
    {"validated name",                          "192.0.2.1",        "a@p.org",                        "pass",      "exists:%{p}.seen.p.org"     },
    {"null sender",                             "192.0.2.1",        "",                               "pass",      "a"                          },
    {"single label",                            "192.0.2.1",        "a@localhost",                    "none",      ""                           },
    {"domain literal",                          "192.0.2.1",        "a@[192.0.2.1]",                  "none",      ""                           },
    {"empty label",                             "192.0.2.1",        "a@b..org",                       "none",      ""                           },
    {"no at sign",                              "192.0.2.9",        "plain.org",                      "pass",      "ip4:192.0.2.0/24"           },
    {"final dot",                               "192.0.2.9",        "a@plain.org.",                   "pass",      "ip4:192.0.2.0/24"           },
    {"void lookups behind a term that matches", "192.0.2.1",        "a@late.org",                     "pass",
     "include:l1.org"                                                                                                                           },
    {"a record for one user",                   "192.0.2.1",        "a+b=c@user.org",                 "pass",      "include:%{l}._spf.user.org" },
    {"the eleventh name of a client",           "192.0.2.11",       "a@ptr.org",                      "fail",      "-all"                       },
    {"the same name alone",                     "192.0.2.12",       "a@ptr.org",                      "pass",      "ptr"                        },
    {"a record for one user beyond ASCII",      "192.0.2.1",        "\xc3\xa9@user.org",              "fail",      "-all"                       },
    {"no lookup is no void lookup",             "192.0.2.1",        "a..b@ask.org",                   "pass",      "+all"                       },
    {"IPv4 prefix",                             "192.0.2.1",        "a@prefixes.org",                 "pass",      "a/24//64"                   },
    {"beside the IPv4 prefix",                  "192.0.3.1",        "a@prefixes.org",                 "fail",      "-all"                       },
    {"IPv6 prefix",                             "2001:db8::1",      "a@prefixes.org",                 "pass",      "a/24//64"                   },
    {"beside the IPv6 prefix",                  "2001:db8:0:1::1",  "a@prefixes.org",                 "fail",      "-all"                       },
    {"a reverse name without names is void",    "192.0.2.13",       "a@voidptr.org",                  "permerror", "ptr"                        },
    {"an exchange that nobody asks for",        "127.0.0.2",        "a@oddmx.org",                    "fail",      "-all"                       },
    {"a domain that nobody asks for",           "192.0.2.1",        "b\\s@user.org",                  "permerror",
     "include:%{l}._spf.user.org"                                                                                                               },
    {"local part beyond ASCII, not used",       "192.0.2.1",        "\xc3\xa9@deep.org",              "pass",
     "include:d1.org"                                                                                                                           },
    {"nothing matches",                         "192.0.2.1",        "a@neutral.org",                  "neutral",   ""                           },
    {"no client address",                       NULL,               "a@plain.org",                    "none",      ""                           },
};

static void test_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof result_rows / sizeof result_rows[0]; i++) {
        struct run run = run_check(
            result_rows[i].client, "helo.example.org", text_from_string(result_rows[i].sender));
        bool is_error = run.verdict.result == AUTH_NONE || run.verdict.result == AUTH_TEMPERROR ||
                        run.verdict.result == AUTH_PERMERROR;

        unit_row(result_rows[i].name);
        assert_string_equal(auth_result_word(run.verdict.result), result_rows[i].result);
        assert_text_equal(run.verdict.mechanism, result_rows[i].mechanism);
        assert_int_equal(run.verdict.problem != NULL, is_error);
        arena_free(&run.arena);
    }
}

static void test_problems(void **state)
{
    static const struct {
        const char *sender, *problem;
    } rows[] = {
        {"a@nowhere.org",       "no SPF record"                                  },
        {"a@down.org",          "the lookup of a record failed"                  },
        {"a@two-records.org",   "several SPF records"                            },
        {"a@first.org",         "a lookup failed"                                },
        {"a@over.org",          "too many terms that cause lookups"              },
        {"a@eleven.org",        "too many terms that cause lookups"              },
        {"a@void.org",          "too many void lookups"                          },
        {"a@bad-include.org",
         "a term leads to a domain without a usable record, or to too many hosts"},
        {"a@ten-and-bad.org",
         "a term leads to a domain without a usable record, or to too many hosts"},
        {"a@gone-redirect.org", "redirect leads to a domain without a record"    },
        {"a@localhost",         "not a domain name that can have a record"       },
        {"a@b..org",            "not a domain name"                              },
        {"a@syntax.org",        "unknown mechanism"                              },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run run =
            run_check("192.0.2.1", "helo.example.org", text_from_string(rows[i].sender));

        unit_row(rows[i].sender);
        assert_string_equal(run.verdict.problem, rows[i].problem);
        arena_free(&run.arena);
    }
}

/* The waves are the longest chain, and no pass asks for more than its limits allow. */
static void test_waves(void **state)
{
    static const struct {
        const char *name, *sender, *result;
        size_t waves, questions;
    } rows[] = {
        {"record alone",                   "a@plain.org",    "pass",      1, 1},
        {"all terms at once",              "a@wide.org",     "fail",      3, 9},
        {"a chain of includes",            "a@deep.org",     "pass",      4, 4},
        {"nothing behind a certain match", "a@stop.org",     "pass",      2, 2},
        {"redirect beside a term",         "a@redirect.org", "pass",      2, 3},
        {"same name asked once",           "a@over.org",     "permerror", 2, 2},
        {"only names that can match",      "a@ptr.org",      "pass",      3, 3},
        {"explanation last",               "a@exp.org",      "fail",      2, 2},
        {"nothing to ask",                 "a@localhost",    "none",      0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run run =
            run_check("192.0.2.1", "helo.example.org", text_from_string(rows[i].sender));

        unit_row(rows[i].name);
        assert_string_equal(auth_result_word(run.verdict.result), rows[i].result);
        assert_int_equal(run.waves, rows[i].waves);
        assert_int_equal(run.questions, rows[i].questions);
        arena_free(&run.arena);
    }
}

static void test_explanation(void **state)
{
    static const struct {
        const char *name, *sender, *helo, *explanation;
    } rows[] = {
        {"expanded",                    "a@exp.org",                 "h.org",         "192.0.2.1 may not send for exp.org"},
        {"no explanation",              "a@noptr.org",               "h.org",         ""                                  },
        {"several texts",               "a@exp2.org",                "h.org",         ""                                  },
        {"syntax error",                "a@exp3.org",                "h.org",         ""                                  },
        {"tilde",                       "a@exp4.org",                "h.org",         "~see http://exp4.org/~you"         },
        {"failed lookup",               "a@exp5.org",                "h.org",         ""                                  },
        {"no text",                     "a@exp6.org",                "h.org",         ""                                  },
        {"the redirect's, not our own", "a@exp7.org",                "h.org",
         "192.0.2.1 may not send for exp7.org"                                                                            },
        {"not the include's",           "a@exp8.org",                "h.org",         ""                                  },
        {"no receiver",                 "a@receiver.org",            "h.org",         "by unknown"                        },
        {"plain HELO",                  "a@badexp.org",              "h.org",         "said h.org"                        },
        {"by the ASCII part",           "a-ann@part-why.org",        "h.org",         "because"                           },
        {"by that of one beyond ASCII", "\xc3\xa9-ann@part-why.org", "h.org",         ""                                  },
        {"of the validated name",       "a@p-why.org",               "h.org",         "You are host.ptr.org"              },
        {"HELO with a line end",        "a@badexp.org",              "h\r\n.org",     ""                                  },
        {"HELO beyond ASCII",           "a@badexp.org",              "h\xc3\xa9.org", ""                                  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run run = run_check("192.0.2.1", rows[i].helo, text_from_string(rows[i].sender));

        unit_row(rows[i].name);
        assert_int_equal(run.verdict.result, AUTH_FAIL);
        assert_text_equal(run.verdict.explanation, rows[i].explanation);
        arena_free(&run.arena);
    }
}

/* A zone of one domain whose exchanges, or whose client's names, are count many. */
static struct spf_verdict check_many(const char *type, size_t count, size_t matching)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    struct spf_query query = {.sender = TEXT("a@many.org")};
    struct text owner = TEXT("many.org");
    struct spf_verdict verdict;

    assert_true(ip_parse(TEXT("192.0.2.1"), &query.client));
    if (strcmp(type, "PTR") == 0)
        owner = dns_name_reverse(&query.client, arena);
    canned_add(canned, TEXT("many.org"), TEXT("TXT"), TEXT("v=spf1 mx ptr -all"));
    for (size_t i = 1; i <= count; i++) {
        const char *prefix = strcmp(type, "MX") == 0 ? "1 " : "";

        canned_add(canned, owner, text_from_string(type),
            arena_print(arena, "%sh%zu.many.org", prefix, i));
        canned_add(canned, arena_print(arena, "h%zu.many.org", i), TEXT("A"),
            i == matching ? TEXT("192.0.2.1") : TEXT("192.0.2.2"));
    }
    while (spf_check(&query, answers, arena, &verdict) == AUTH_WAITING)
        assert_int_not_equal(canned_answer_wave(canned, answers), 0);
    verdict.mechanism = verdict.explanation = verdict.domain = TEXT_NONE; /* of the arena */
    arena_free(&arena);
    return verdict;
}

static void test_name_limits(void **state)
{
    (void)state;
    assert_int_equal(check_many("MX", SPF_MX_NAMES_MAX, SPF_MX_NAMES_MAX).result, AUTH_PASS);
    assert_int_equal(check_many("MX", SPF_MX_NAMES_MAX + 1, 1).result, AUTH_PERMERROR);
    assert_int_equal(check_many("PTR", SPF_PTR_NAMES_MAX + 1, SPF_PTR_NAMES_MAX).result, AUTH_PASS);
    assert_int_equal(
        check_many("PTR", SPF_PTR_NAMES_MAX + 1, SPF_PTR_NAMES_MAX + 1).result, AUTH_FAIL);
}

/* Only a failure is explained. */
static void test_nothing_to_explain(void **state)
{
    struct run run = run_check("192.0.2.1", "h.org", TEXT("a@soft.org"));

    (void)state;
    assert_int_equal(run.verdict.result, AUTH_SOFTFAIL);
    assert_int_equal(run.verdict.explanation.len, 0);
    arena_free(&run.arena);
}

static void test_receiver(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    struct spf_query query = {.sender = TEXT("a@receiver.org"), .receiver = TEXT("mx.example.org")};
    struct spf_verdict verdict;

    (void)state;
    canned_add_table(canned, zone);
    assert_true(ip_parse(TEXT("192.0.2.1"), &query.client));
    while (spf_check(&query, answers, arena, &verdict) == AUTH_WAITING)
        assert_int_not_equal(canned_answer_wave(canned, answers), 0);
    assert_text_equal(verdict.explanation, "by mx.example.org");
    arena_free(&arena);
}

/* Answers come one by one: an exchange that failed says nothing while another may match. */
static void test_exchange_outstanding(void **state)
{
    static const struct dns_record record = {
        .text = {"v=spf1 mx -all", 14}
    };
    static const struct dns_record exchanges[] = {
        {.text = {"up.org", 6}}, {.text = {"down.org", 8}}};
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct spf_query query = {.sender = TEXT("a@maybe.org")};
    struct spf_verdict verdict;

    (void)state;
    assert_true(ip_parse(TEXT("192.0.2.1"), &query.client));
    answers_put(answers, TEXT("maybe.org"), DNS_TXT,
        &(struct dns_answer){.status = DNS_FOUND, .count = 1, .records = &record});
    answers_put(answers, TEXT("maybe.org"), DNS_MX,
        &(struct dns_answer){.status = DNS_FOUND, .count = 2, .records = exchanges});
    answers_put(answers, TEXT("down.org"), DNS_A, &(struct dns_answer){.status = DNS_TEMPORARY});
    assert_int_equal(spf_check(&query, answers, arena, &verdict), AUTH_WAITING);
    arena_free(&arena);
}

/* A text of nothing but pairs that expand to one byte, and a byte more where it is odd. */
static struct spf_verdict check_explanation(size_t bytes)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    struct spf_query query = {.sender = TEXT("a@big.org")};
    struct buffer text = BUFFER_NONE;
    struct spf_verdict verdict;

    for (size_t i = 0; i < bytes / 2; i++)
        buffer_append_string(&text, "%%");
    if (bytes % 2 != 0)
        buffer_append_byte(&text, 'x');
    canned_add(canned, TEXT("big.org"), TEXT("TXT"), TEXT("v=spf1 -all exp=why.big.org"));
    canned_add(canned, TEXT("why.big.org"), TEXT("TXT"), buffer_text(&text));
    assert_true(ip_parse(TEXT("192.0.2.1"), &query.client));
    while (spf_check(&query, answers, arena, &verdict) == AUTH_WAITING)
        assert_int_not_equal(canned_answer_wave(canned, answers), 0);
    buffer_done(&text);
    arena_free(&arena);
    return verdict;
}

static void test_explanation_bound(void **state)
{
    (void)state;
    assert_int_equal(check_explanation(SPF_RECORD_MAX_BYTES).explanation.len, SPF_EXPLANATION_MAX);
    assert_int_equal(check_explanation(SPF_RECORD_MAX_BYTES + 1).explanation.len, 0);
}

static void test_long_explanation(void **state)
{
    struct buffer helo = BUFFER_NONE;
    struct run run;

    (void)state;
    while (helo.len < SPF_EXPLANATION_MAX / 2)
        buffer_append_byte(&helo, 'h');
    run = run_check("192.0.2.1", buffer_string(&helo), TEXT("a@long.org"));
    assert_int_equal(run.verdict.result, AUTH_FAIL);
    assert_int_equal(run.verdict.explanation.len, SPF_EXPLANATION_MAX);
    buffer_done(&helo);
    arena_free(&run.arena);
}

static void test_verdict(void **state)
{
    struct run run = run_check("192.0.2.1", "helo.example.org", TEXT("a@VOID.org"));

    (void)state;
    assert_text_equal(run.verdict.domain, "void.org");
    assert_int_equal(run.verdict.lookup_terms, 3);
    assert_int_equal(run.verdict.void_lookups, 3);
    arena_free(&run.arena);
    run = run_check("192.0.2.1", "helo.example.org", TEXT(""));
    assert_text_equal(run.verdict.domain, "helo.example.org");
    arena_free(&run.arena);
}

/* Past the deadline the next call is done, whatever it asks. */
static void test_give_up(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    struct spf_query query = {.sender = TEXT("a@wide.org")};
    struct spf_verdict verdict;

    (void)state;
    canned_add_table(canned, zone);
    assert_true(ip_parse(TEXT("192.0.2.1"), &query.client));
    assert_int_equal(spf_check(&query, answers, arena, &verdict), AUTH_WAITING);
    canned_answer_wave(canned, answers);
    answers_give_up(answers);
    assert_int_equal(spf_check(&query, answers, arena, &verdict), AUTH_DONE);
    assert_int_equal(verdict.result, AUTH_TEMPERROR);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_results), cmocka_unit_test(test_problems),
    cmocka_unit_test(test_waves), cmocka_unit_test(test_explanation),
    cmocka_unit_test(test_nothing_to_explain), cmocka_unit_test(test_receiver),
    cmocka_unit_test(test_exchange_outstanding), cmocka_unit_test(test_explanation_bound),
    cmocka_unit_test(test_long_explanation), cmocka_unit_test(test_name_limits),
    cmocka_unit_test(test_verdict), cmocka_unit_test(test_give_up))
