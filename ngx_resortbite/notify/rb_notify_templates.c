
/*
 * What is written to people.  Each mail says what has happened, what to do
 * and what to do if it wasn't them; none asks for a password.
 */


#include "notify/rb_notify_internal.h"


#define rb_hello                                                              \
    rb_text("{name}님, 안녕하세요.", "Hello {name},")

#define rb_not_you                                                            \
    rb_text("본인이 하신 일이 아니라면 바로 비밀번호를 바꾸고, 계정의 "       \
            "보안 설정에서 모르는 기기의 로그인을 끊어 주세요.",              \
            "If this wasn't you, change your password right away and end "    \
            "the sessions you don't know in your account's security "         \
            "settings.")

#define rb_ignore                                                             \
    rb_text("본인이 요청하지 않았다면 이 메일은 무시하셔도 됩니다. 아무것도 " \
            "바뀌지 않습니다.",                                               \
            "If you didn't ask for this, you can ignore this mail. Nothing "  \
            "will change.")

#define rb_device  rb_text("기기: {device}", "Device: {device}")
#define rb_place   rb_text("위치: {place}", "Place: {place}")


const rb_notify_template_t  rb_notify_templates[] = {

    { .name = ngx_string("verify_email"),
      .purpose = "verify_email", .path = "/verify-email",
      .subject = rb_text("[리조트바이트] 이메일 주소를 확인해 주세요",
                         "[ResortBite] Confirm your e-mail address"),
      .before = {
          rb_hello,
          rb_text("리조트바이트에 가입해 주셔서 고맙습니다. {below} "
                  "이메일 주소를 확인하면 가입이 끝납니다.",
                  "Thank you for signing up for ResortBite. Confirm your "
                  "e-mail address {below} to finish.") },
      .button = rb_text("이메일 주소 확인", "Confirm e-mail address"),
      .after = { rb_text("본인이 요청하지 않았다면 이 메일은 무시하셔도 "
                         "됩니다. 계정은 만들어지지 않습니다.",
                         "If you didn't ask for this, you can ignore this "
                         "mail. No account will be made.") } },

    { .name = ngx_string("already_member"),
      .subject = rb_text("[리조트바이트] 이미 가입된 이메일 주소입니다",
                         "[ResortBite] You already have an account"),
      .before = {
          rb_hello,
          rb_text("방금 이 이메일 주소로 가입하려는 요청이 있었지만, 이미 "
                  "가입되어 있습니다. 로그인해 주세요. 비밀번호가 생각나지 "
                  "않으면 로그인 화면의 ‘비밀번호 찾기’를 이용하시면 됩니다.",
                  "Somebody just tried to sign up with this e-mail address, "
                  "which already has an account. Please log in. If you "
                  "don't remember your password, choose \"Forgot password\" "
                  "on the log-in page."),
          rb_ignore } },

    { .name = ngx_string("reset_password"),
      .purpose = "reset_password", .path = "/reset-password",
      .subject = rb_text("[리조트바이트] 비밀번호를 다시 설정해 주세요",
                         "[ResortBite] Reset your password"),
      .before = {
          rb_hello,
          rb_text("비밀번호를 다시 설정하려는 요청을 받았습니다. {below} 새 "
                  "비밀번호를 정해 주세요. 링크는 한 번만, 잠시 "
                  "동안만 쓸 수 있습니다.",
                  "We were asked to reset your password. Choose a new one "
                  "{below}. The link works once, and for a "
                  "short time only.") },
      .button = rb_text("비밀번호 다시 설정", "Reset password"),
      .after = { rb_ignore } },

    { .name = ngx_string("password_changed"),
      .subject = rb_text("[리조트바이트] 비밀번호가 변경되었습니다",
                         "[ResortBite] Your password was changed"),
      .before = {
          rb_hello,
          rb_text("회원님의 비밀번호가 변경되었습니다.",
                  "The password of your account was changed."),
          rb_device, rb_place,
          rb_text("본인이 하신 일이 아니라면 로그인 화면의 ‘비밀번호 찾기’로 "
                  "바로 비밀번호를 다시 설정해 주세요.",
                  "If this wasn't you, reset your password right away with "
                  "\"Forgot password\" on the log-in page.") } },

    { .name = ngx_string("confirm_email"),
      .purpose = "confirm_email", .path = "/confirm-email",
      .subject = rb_text("[리조트바이트] 새 이메일 주소를 확인해 주세요",
                         "[ResortBite] Confirm your new e-mail address"),
      .before = {
          rb_hello,
          rb_text("계정의 이메일 주소를 이 주소({email})로 바꾸려는 요청을 "
                  "받았습니다. {below} 확인하면 바뀝니다.",
                  "We were asked to change the e-mail address of your "
                  "account to {email}. Confirm it {below}.") },
      .button = rb_text("새 이메일 주소 확인", "Confirm new e-mail address"),
      .after = { rb_ignore } },

    { .name = ngx_string("email_changing"),
      .subject = rb_text("[리조트바이트] 이메일 주소 변경 요청이 있습니다",
                         "[ResortBite] Your e-mail address is to change"),
      .before = {
          rb_hello,
          rb_text("계정의 이메일 주소를 다른 주소({email})로 바꾸려는 "
                  "요청이 있었습니다. 새 주소에서 확인하면 바뀝니다.",
                  "Somebody asked to change the e-mail address of your "
                  "account to {email}. It changes once it is confirmed "
                  "there."),
          rb_not_you } },

    { .name = ngx_string("email_changed"),
      .subject = rb_text("[리조트바이트] 이메일 주소가 변경되었습니다",
                         "[ResortBite] Your e-mail address was changed"),
      .before = {
          rb_hello,
          rb_text("계정의 이메일 주소가 변경되었습니다. 이 주소로는 더 이상 "
                  "로그인할 수 없습니다.",
                  "The e-mail address of your account was changed. You can "
                  "no longer log in with this one."),
          rb_text("본인이 하신 일이 아니라면 바로 고객센터에 알려 주세요.",
                  "If this wasn't you, tell our support right away.") } },

    { .name = ngx_string("account_deleted"),
      .purpose = "restore_account", .path = "/restore-account",
      .subject = rb_text("[리조트바이트] 탈퇴가 접수되었습니다",
                         "[ResortBite] Your account was deleted"),
      .before = {
          rb_hello,
          rb_text("탈퇴가 접수되어 모든 기기에서 로그아웃되었습니다. "
                  "{until}까지는 {below} 탈퇴를 취소할 수 있고, 그 뒤에는 "
                  "개인정보가 지워집니다.",
                  "Your account was deleted and logged out everywhere. Until "
                  "{until} you can restore it {below}; "
                  "after that your personal data are erased.") },
      .button = rb_text("탈퇴 취소", "Restore account"),
      .after = { rb_text("본인이 하신 일이 아니라면 {above} 탈퇴를 취소한 뒤 "
                         "비밀번호를 바꿔 주세요.",
                         "If this wasn't you, restore the account {above} "
                         "and change your password.") } },

    { .name = ngx_string("new_sign_in"),
      .subject = rb_text("[리조트바이트] 새로운 기기에서 로그인했습니다",
                         "[ResortBite] New log-in to your account"),
      .before = {
          rb_hello,
          rb_text("처음 보는 기기에서 회원님의 계정에 로그인했습니다.",
                  "Somebody logged in to your account in a browser that we "
                  "haven't seen before."),
          rb_device, rb_place,
          rb_text("본인이라면 하실 일이 없습니다.",
                  "If it was you, there is nothing to do."),
          rb_not_you } },

    { .name = ngx_string("factor_added"),
      .subject = rb_text("[리조트바이트] 2단계 인증 수단이 추가되었습니다",
                         "[ResortBite] A second factor was added"),
      .before = {
          rb_hello,
          rb_text("계정에 인증 수단이 추가되었습니다: {factor}",
                  "This was added to your account: {factor}"),
          rb_not_you } },

    { .name = ngx_string("factor_removed"),
      .subject = rb_text("[리조트바이트] 2단계 인증 수단이 삭제되었습니다",
                         "[ResortBite] A second factor was removed"),
      .before = {
          rb_hello,
          rb_text("계정에서 인증 수단이 삭제되었습니다: {factor}",
                  "This was removed from your account: {factor}"),
          rb_not_you } },

    { .name = ngx_string("recovery_codes_made"),
      .subject = rb_text("[리조트바이트] 복구 코드를 새로 만들었습니다",
                         "[ResortBite] New recovery codes were made"),
      .before = {
          rb_hello,
          rb_text("복구 코드를 새로 만들었습니다. 전에 받은 복구 코드는 더 "
                  "이상 쓸 수 없습니다.",
                  "New recovery codes were made for your account. Those you "
                  "had before no longer work."),
          rb_not_you } },

    { .name = ngx_string("token_reused"),
      .subject = rb_text("[리조트바이트] 앱 연결을 끊었습니다",
                         "[ResortBite] An application was disconnected"),
      .before = {
          rb_hello,
          rb_text("‘{client}’ 앱이 이미 쓰인 인증 정보를 다시 보내와, "
                  "도용되었을 수 있어 연결을 끊었습니다. 계속 쓰시려면 그 "
                  "앱에서 다시 로그인해 주세요.",
                  "The application \"{client}\" sent credentials that had "
                  "been used before. They may have been stolen, so it was "
                  "disconnected. Log in there again to go on using it."),
          rb_not_you } },

    { .name = ngx_string("identity_linked"),
      .subject = rb_text("[리조트바이트] 다른 서비스의 계정을 연결했습니다",
                         "[ResortBite] Another account was linked"),
      .before = {
          rb_hello,
          rb_text("이제 {provider} 계정으로도 로그인할 수 있습니다.",
                  "You can now log in with your {provider} account, too."),
          rb_not_you } },

    { .name = ngx_string("identity_unlinked"),
      .subject = rb_text("[리조트바이트] 다른 서비스의 계정 연결을 끊었습니다",
                         "[ResortBite] Another account was unlinked"),
      .before = {
          rb_hello,
          rb_text("{provider} 계정의 연결을 끊었습니다. 그 계정으로는 더 이상 "
                  "로그인할 수 없습니다.",
                  "Your {provider} account was unlinked. You can no longer "
                  "log in with it."),
          rb_not_you } },

    { .name = ngx_string("invitation"),
      .purpose = "invitation", .path = "/invitation",
      .subject = rb_text("[리조트바이트] {resort}에서 초대했습니다",
                         "[ResortBite] {resort} invites you"),
      .before = {
          rb_text("안녕하세요.", "Hello,"),
          rb_text("{inviter}님이 회원님을 {resort}에 초대했습니다. 역할: "
                  "{role}. {below} 수락할 수 있습니다.",
                  "{inviter} invites you to join {resort} as {role}. You can "
                  "accept {below}.") },
      .button = rb_text("초대 보기", "See invitation"),
      .after = { rb_text("모르는 초대라면 이 메일은 무시하셔도 됩니다.",
                         "If you don't know of this, you can ignore this "
                         "mail.") } },

    { .name = ngx_string("resort_verified"),
      .subject = rb_text("[리조트바이트] {resort}의 사업자 확인이 끝났습니다",
                         "[ResortBite] {resort} has been verified"),
      .before = {
          rb_hello,
          rb_text("{resort}의 사업자 정보를 확인했습니다. 이제 리조트가 "
                  "공개되고, 검토를 마친 공고를 게시할 수 있습니다.",
                  "We have verified the business of {resort}. The resort is "
                  "public now, and posts can be published once they are "
                  "reviewed.") } },

    { .name = ngx_string("resort_refused"),
      .subject = rb_text("[리조트바이트] {resort}의 사업자 확인을 마치지 "
                         "못했습니다",
                         "[ResortBite] {resort} could not be verified"),
      .before = {
          rb_hello,
          rb_text("{resort}의 사업자 정보를 확인하지 못했습니다.",
                  "We could not verify the business of {resort}."),
          rb_text("사유: {reason}", "Reason: {reason}"),
          rb_text("리조트 정보에서 해당하는 내용을 고치면 자동으로 다시 확인을 "
                  "요청합니다.",
                  "Correct it in the resort's profile: that asks us to look "
                  "again.") } },

    { .name = ngx_string("resort_verification_withdrawn"),
      .subject = rb_text("[리조트바이트] {resort}의 사업자 확인이 "
                         "철회되었습니다",
                         "[ResortBite] The verification of {resort} was "
                         "withdrawn"),
      .before = {
          rb_hello,
          rb_text("{resort}의 사업자 확인이 철회되어 리조트가 더 이상 공개되지 "
                  "않습니다.",
                  "The verification of {resort} was withdrawn. The resort is "
                  "not public any more."),
          rb_text("사유: {reason}", "Reason: {reason}"),
          rb_text("리조트 정보에서 해당하는 내용을 고치면 자동으로 다시 확인을 "
                  "요청합니다.",
                  "Correct it in the resort's profile: that asks us to look "
                  "again.") } },

    { .name = ngx_string("post_changed"), .path = "/jobs/",
      .subject = rb_text("[리조트바이트] 지원하신 공고의 조건이 "
                         "바뀌었습니다",
                         "[ResortBite] A job you applied for has changed"),
      .before = {
          rb_hello,
          rb_text("{resort}의 공고 ‘{title}’의 조건이 지원하신 뒤 다음과 같이 "
                  "바뀌었습니다.{changes}",
                  "After you applied for \"{title}\" at {resort}, the job has "
                  "changed as follows.{changes}"),
          rb_text("지금 조건은 공고에서 확인해 주세요.",
                  "The job's page shows what it offers now.") },
      .button = rb_text("공고 보기", "See the job") },

    { .name = ngx_string("post_public"), .path = "/jobs/",
      .subject = rb_text("[리조트바이트] 공고가 공개되었습니다",
                         "[ResortBite] Your post is public"),
      .before = {
          rb_hello,
          rb_text("{resort}의 공고 ‘{title}’의 검토가 끝나 공개되었습니다.",
                  "The post \"{title}\" of {resort} was reviewed and is "
                  "public now.") },
      .button = rb_text("공고 보기", "See the post") },

    { .name = ngx_string("post_returned"),
      .subject = rb_text("[리조트바이트] 공고를 확인해 주세요",
                         "[ResortBite] Please look at your post"),
      .before = {
          rb_hello,
          rb_text("{resort}의 공고 ‘{title}’의 검토 결과: {decision}",
                  "We have looked at the post \"{title}\" of {resort}: "
                  "{decision}."),
          rb_text("사유: {reason}", "Reason: {reason}"),
          rb_text("수정 요청이나 반려라면 공고를 고친 뒤 다시 검토를 요청할 수 "
                  "있습니다.",
                  "If changes are needed or it was rejected, you can edit "
                  "the post and submit it again.") } },

    { .name = ngx_string("post_expired"), .path = "/jobs/",
      .subject = rb_text("[리조트바이트] 공고가 마감되었습니다",
                         "[ResortBite] Your post has ended"),
      .before = {
          rb_hello,
          rb_text("{resort}의 공고 ‘{title}’의 기한({until})이 지나 "
                  "마감되었습니다.",
                  "The post \"{title}\" of {resort} was open until {until} "
                  "and has ended."),
          rb_text("계속 모집하시려면 공고를 복사해 새 기한으로 올려 주세요.",
                  "If you still need crew, copy the post and submit it with "
                  "a new date.") },
      .button = rb_text("공고 보기", "See the post") },

    { .name = ngx_string("report_decided"),
      .subject = rb_text("[리조트바이트] 신고하신 공고를 살펴보았습니다",
                         "[ResortBite] We have looked at your report"),
      .before = {
          rb_hello,
          rb_text("공고 ‘{title}’에 관한 신고를 살펴본 결과: {decision}",
                  "About the post \"{title}\" that you reported: "
                  "{decision}."),
          rb_text("답변: {answer}", "Our answer: {answer}"),
          rb_text("알려 주셔서 고맙습니다.", "Thank you for telling us.") } },

    { .name = ngx_string("roles_changed"),
      .subject = rb_text("[리조트바이트] 계정의 권한이 변경되었습니다",
                         "[ResortBite] The roles of your account changed"),
      .before = {
          rb_hello,
          rb_text("이제 회원님의 권한은 다음과 같습니다: {roles}",
                  "The roles of your account are now: {roles}") } },

    { .name = ngx_string("suspended"),
      .subject = rb_text("[리조트바이트] 계정 이용이 정지되었습니다",
                         "[ResortBite] Your account was suspended"),
      .before = {
          rb_hello,
          rb_text("회원님의 계정 이용이 정지되었습니다.",
                  "Your account was suspended."),
          rb_text("사유: {reason}", "Reason: {reason}"),
          rb_text("기한: {until}", "Until: {until}"),
          rb_text("문의하실 내용이 있으면 고객센터에 알려 주세요.",
                  "If you have questions, ask our support.") } }
};

const ngx_uint_t  rb_notify_templates_count =
    rb_array_size(rb_notify_templates);


const rb_notify_template_t *
rb_notify_template(const ngx_str_t *name)
{
    ngx_uint_t                   i;
    const rb_notify_template_t  *template;

    for (i = 0; i < rb_notify_templates_count; i++) {
        template = &rb_notify_templates[i];

        if (template->name.len == name->len
            && ngx_strncmp(template->name.data, name->data, name->len) == 0)
        {
            return template;
        }
    }

    return NULL;
}
