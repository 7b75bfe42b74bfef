"""Security policies (Cloud Armor)."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    CHECKED,
    DESCRIPTIVE,
    HONOURED,
    NO_EFFECT,
    NOT_YET,
    OUTPUT,
    Table,
    row,
)
from penstock.objects.compute.security_policy import (
    Expr,
    SecurityPolicy,
    SecurityPolicyRule,
    SecurityPolicyRuleMatcher,
    SecurityPolicyRuleMatcherConfig,
    SecurityPolicyRuleRateLimitOptions,
    SecurityPolicyRuleRateLimitOptionsEnforceOnKeyConfig,
    SecurityPolicyRuleRateLimitOptionsThreshold,
)

_WAF = "there is no web application firewall; a rule that needs one costs the policy"
_NO_BANS = "nobody is banned; a rule that bans costs the policy"
_OF_ORGANISATION = "for policies of an organisation, which are not read"
_KEYS = (
    "ALL ASN HTTP_COOKIE HTTP_HEADER HTTP_PATH IP REGION_CODE SNI TLS_JA3_FINGERPRINT "
    "TLS_JA4_FINGERPRINT USER_IP XFF_IP"
)

TABLE: Table = {
    SecurityPolicy: (
        row("adaptiveProtectionConfig", NOT_YET, "attacks are not recognised"),
        row("advancedOptionsConfig", NO_EFFECT, "bodies and headers of requests are not read"),
        row("associations", NO_EFFECT, _OF_ORGANISATION),
        row("ddosProtectionConfig", NO_EFFECT, "for passthrough load balancers only"),
        row("labelFingerprint", OUTPUT),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row("parent", NO_EFFECT, _OF_ORGANISATION),
        row("recaptchaOptionsConfig", NO_EFFECT, "nobody is sent to reCAPTCHA"),
        row("rules", HONOURED, "a rule that cannot be enforced costs the policy"),
        row("shortName", NO_EFFECT, _OF_ORGANISATION),
        row(
            "type",
            CHECKED,
            "others than CLOUD_ARMOR are not for backend services' requests",
            values="CLOUD_ARMOR CLOUD_ARMOR_EDGE CLOUD_ARMOR_NETWORK",
        ),
        row("userDefinedFields", NO_EFFECT, "for passthrough load balancers only"),
    ),
    SecurityPolicyRule: (
        row("action", HONOURED, "`allow`, `deny(403)`, `deny(404)`, `deny(502)`, `throttle`"),
        row("description", DESCRIPTIVE, "for people and scripts"),
        row("headerAction", NOT_YET, "no header is added to requests that a rule allows"),
        row("kind", OUTPUT),
        row("match", HONOURED),
        row("networkMatch", NO_EFFECT, "for passthrough load balancers only"),
        row("preconfiguredWafConfig", NO_EFFECT, _WAF),
        row("preview", HONOURED, "then the rule has no effect"),
        row("priority", HONOURED),
        row("rateLimitOptions", HONOURED),
        row("redirectOptions", CHECKED, "nobody is redirected; such a rule costs the policy"),
    ),
    SecurityPolicyRuleMatcher: (
        row("config", HONOURED),
        row("expr", CHECKED, "none is evaluated; in a rule without preview it costs the policy"),
        row("exprOptions", NO_EFFECT, "no expression is evaluated"),
        row("versionedExpr", HONOURED, values="SRC_IPS_V1"),
    ),
    SecurityPolicyRuleMatcherConfig: (row("srcIpRanges", HONOURED),),
    Expr: (
        row("description", DESCRIPTIVE, "for people and scripts"),
        row("expression", CHECKED, "none is evaluated"),
        row("location", DESCRIPTIVE, "for people and scripts"),
        row("title", DESCRIPTIVE, "for people and scripts"),
    ),
    SecurityPolicyRuleRateLimitOptions: (
        row("banDurationSec", NO_EFFECT, _NO_BANS),
        row("banThreshold", NO_EFFECT, _NO_BANS),
        row("conformAction", CHECKED, "`allow`"),
        row("enforceOnKey", HONOURED, "ALL and IP; others cost the policy", values=_KEYS),
        row("enforceOnKeyConfigs", HONOURED, "one, of ALL or IP; others cost the policy"),
        row("enforceOnKeyName", CHECKED, "of keys that cost the policy"),
        row("exceedAction", HONOURED, "`deny(403)`, `deny(404)`, `deny(429)`, `deny(502)`"),
        row("exceedRedirectOptions", CHECKED, "nobody is redirected; such a rule costs the policy"),
        row("rateLimitThreshold", HONOURED),
    ),
    SecurityPolicyRuleRateLimitOptionsEnforceOnKeyConfig: (
        row("enforceOnKeyName", CHECKED, "of keys that cost the policy"),
        row("enforceOnKeyType", HONOURED, "ALL and IP; others cost the policy", values=_KEYS),
    ),
    SecurityPolicyRuleRateLimitOptionsThreshold: (
        row("count", HONOURED, "1 or more"),
        row("intervalSec", HONOURED, "10 to 3600, as the API has it"),
    ),
}
