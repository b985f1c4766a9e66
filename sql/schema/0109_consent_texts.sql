-- What members agree to, as they can read it before they do.
--
-- Paragraphs with an empty line between; here they are wrapped, in the table
-- they are not.  A deployment whose operator has more to say (its name, its
-- address, its officer for personal data) adds a row with a newer version.

ALTER TABLE consent_documents
    ADD COLUMN text_ko text,
    ADD COLUMN text_en text;

COMMENT ON COLUMN consent_documents.text_ko IS 'Paragraphs, with an empty line between';
COMMENT ON COLUMN consent_documents.text_en IS 'Paragraphs, with an empty line between';


UPDATE consent_documents
   SET text_ko = $ko$
1. 이 약관에 대하여. 리조트바이트는 리조트에서 일하려는 사람(크루)과 함께 일할 사람을 찾는 리조트를 이어
주는 채용 플랫폼입니다. 이 약관은 이 사이트를 운영하는 곳(운영자)과 회원 사이의 약속입니다.

2. 가입. 만 14세 이상이면 누구나 무료로 가입할 수 있습니다. 본인의 이메일과 사실인 정보로 가입해 주세요.
한 사람이 한 계정을 쓰고, 비밀번호와 인증 수단은 다른 사람과 나누지 않습니다.

3. 운영자가 하는 일. 운영자는 채용 공고와 지원, 그에 필요한 알림을 위한 자리를 마련합니다. 운영자는 근로
계약의 당사자가 아니며, 계약은 크루와 리조트가 직접 맺습니다. 점검이나 장애로 서비스가 멈출 수 있고, 미리
알 수 있는 점검은 미리 알립니다.

4. 크루가 지킬 것. 지원서에는 사실만 적고, 맡은 약속을 지킬 수 없게 되면 되도록 빨리 리조트에 알립니다.

5. 리조트가 지킬 것. 공고에는 실제로 뽑을 자리와 실제 조건만 올립니다. 최저임금과 근로기준법을 비롯한 법을
지키고, 지원자의 정보는 채용에만 씁니다. 지원자에게 채용을 이유로 돈을 받지 않습니다.

6. 하지 말아야 할 것. 거짓 공고나 거짓 지원, 다른 사람 사칭, 차별과 괴롭힘, 다른 회원의 정보를 모으거나 서비스를
방해하는 일은 할 수 없습니다.

7. 신고와 이용 제한. 약관을 어긴 공고는 신고할 수 있습니다. 운영자는 확인한 뒤 공고를 가리거나 계정을 멈출 수
있고, 그 이유를 알립니다. 결정이 잘못되었다고 생각하면 운영자에게 다시 살펴봐 달라고 할 수 있습니다.

8. 탈퇴. 계정 페이지에서 언제든 탈퇴할 수 있습니다. 탈퇴하면 모든 기기에서 로그아웃되고, 30일 안에는 메일의
링크로 탈퇴를 취소할 수 있으며, 그 뒤에는 개인정보가 지워집니다.

9. 책임. 운영자는 고의나 과실로 회원에게 끼친 손해를 법에 따라 배상합니다. 회원 사이의 계약과 회원이 올린 내용은
그 회원이 책임집니다. 이 약관은 법이 소비자와 근로자에게 주는 권리를 줄이지 않습니다.

10. 약관이 바뀔 때. 바뀐 약관은 새 판으로 이 페이지에 올리고 시행일을 적습니다. 법은 대한민국의 법을 따릅니다.

11. 연락. 문의는 이 사이트의 운영자에게 해 주세요. 운영자의 이름과 연락처는 운영자가 이 사이트와 메일에서 알립니다.
$ko$,
       text_en = $en$
1. About these terms. ResortBite is a recruiting platform: it brings together people who want to work at a resort (crew)
and resorts that look for people. These terms are between whoever operates this site (the operator) and its members. If
the two languages differ, the Korean text counts.

2. Signing up. Anybody aged 14 or more may sign up, free of charge, with their own e-mail address and with what is true.
One person has one account, and shares its password and second factors with nobody.

3. What the operator does. The operator provides the place for job posts and applications, and for the notices that they
need. The operator is no party to a contract of employment: crew and resort make that with each other. Maintenance and
faults may interrupt the service; maintenance that is planned is announced.

4. What crew promise. An application says what is true, and who can't keep an appointment tells the resort as soon as
they can.

5. What resorts promise. A post is of a job that there is, on the terms that it has. Resorts keep the law, the minimum
wage and the Labor Standards Act among it, use what they learn of applicants for recruiting only, and take no money
from them for being hired.

6. What nobody may do. False posts and false applications, acting as somebody else, discrimination, harassment,
collecting other members' data, and disturbing the service.

7. Reports and suspensions. Posts that break these terms can be reported. The operator looks into it, and may hide a
post or suspend an account, and says why. Whoever thinks that the decision is wrong may ask for another look.

8. Leaving. You can delete your account at any time on the page of your account. You are then signed out everywhere; for
30 days the link in our mail brings the account back, and after that your personal data is erased.

9. Liability. The operator makes good, as the law says, the damage that it does on purpose or by negligence. Contracts
between members, and what members publish, are theirs to answer for. Nothing here takes away a right that the law gives
to consumers and workers.

10. Changes. New terms are published on this page as a new version, with the day from which they are in force. The law
is that of the Republic of Korea.

11. Contact. Please turn to the operator of this site, who gives its name and address on this site and in its mails.
$en$
 WHERE kind = 'terms'
   AND version = '2026-11-01';


UPDATE consent_documents
   SET text_ko = $ko$
1. 수집하는 정보와 까닭. 이메일은 로그인과 확인, 알림에, 이름은 다른 회원과 리조트에 누구인지 보이는 데, 생년월일은
만 14세 이상인지와 일할 수 있는 나이인지 확인하는 데 씁니다. 비밀번호는 되돌릴 수 없는 형태로만 보관합니다.

2. 로그인할 때. 계정을 지키기 위해 로그인한 기기의 브라우저와 운영 체제, 접속한 네트워크(주소의 앞부분)나 지역, 시각,
주소를 되돌릴 수 없게 바꾼 값을 기록합니다. 어디에서 로그인되어 있는지는 계정 페이지에서 볼 수 있습니다.

3. 외부 계정을 연결하면. 그 계정의 식별 번호와 이메일, 이름을 그곳에서 받아 로그인에 씁니다.

4. 지원할 때. 나중에 이력서와 지원서를 쓰면 거기에 적은 내용을 저장하고, 지원한 리조트가 볼 수 있습니다. 지원하기
전에는 어느 리조트도 보지 못합니다.

5. 누구에게 주는가. 지원한 리조트와, 본인이 접근을 허용한 애플리케이션에만 허용한 만큼 줍니다. 팔지 않으며, 법이
요구할 때가 아니면 다른 곳에 주지 않습니다.

6. 얼마나 보관하는가. 계정이 있는 동안 보관합니다. 탈퇴하면 30일 뒤에 이름, 이메일, 생년월일, 비밀번호, 인증 수단,
연결된 계정을 지웁니다. 확인되지 않은 가입은 링크가 만료되고 하루쯤 뒤에, 끝난 로그인 기록은 30일 뒤에, 1년 동안 쓰지
않은 브라우저의 기록은 그 뒤에, 보낸 메일의 기록은 30일 뒤, 보내지 못한 것은 90일 뒤에 지웁니다.

7. 탈퇴한 뒤에도 남는 것. 무엇에 언제 동의했는지와 계정에 일어난 일의 기록은 나중에 확인할 수 있도록 이름과 이메일
없이 남습니다.

8. 권리. 계정 페이지에서 자신의 정보를 보고 고치고, 로그인을 끊고, 선택한 동의를 거두고, 탈퇴할 수 있습니다. 그 밖의
열람, 정정, 삭제, 처리 정지는 운영자에게 요청할 수 있습니다.

9. 동의하지 않을 권리. 동의하지 않을 수 있습니다. 다만 위의 정보 없이는 계정을 만들 수 없습니다.

10. 연락. 개인정보는 이 사이트의 운영자가 책임집니다. 운영자의 이름과 연락처는 운영자가 이 사이트와 메일에서 알립니다.
해결되지 않으면 개인정보침해 신고센터(국번 없이 118)에 도움을 청할 수 있습니다.
$ko$,
       text_en = $en$
1. What is collected, and why. The e-mail address, to sign in, to verify and to notify; the name, to show other members
and resorts who somebody is; the date of birth, to know that somebody is at least 14 and old enough for the work. The
password is kept only in a form that it can't be read from.

2. When you sign in. To protect your account we record the browser and operating system of the device, its network (the
first part of its address) or region, the time, and a value made of the address from which that can't be read. Where you are signed in is shown
on the page of your account.

3. When you link an account elsewhere. Its identifier, e-mail address and name are taken from there, to sign in.

4. When you apply. Once you write a résumé or an application, what you write is kept, and the resort that you apply to
can read it. Before you apply no resort can.

5. Who gets it. The resort that you apply to, and applications to which you have given access, as far as you have given
it. It is never sold, and goes to nobody else unless the law demands it.

6. For how long. While there is the account. 30 days after you delete it, your name, e-mail address, date of birth,
password, second factors and linked accounts are erased. A sign-up that nobody verified is erased about a day after its
link expired, an ended session after 30 days, a browser that has not been used for a year after that, a mail that was
sent after 30 days and one that could not be after 90.

7. What stays after that. What was agreed to and when, and the trail of what happened to the account, so that they can
be proved; without name and e-mail address.

8. Your rights. On the page of your account you can see and correct your data, end sessions, take back what is optional
and delete the account. For any other access, correction, erasure or restriction ask the operator.

9. You may refuse. But without the above there can be no account.

10. Contact. The operator of this site answers for personal data, and gives its name and address on this site and in its
mails. If that does not help, there is the Privacy Infringement Report Center of Korea (telephone 118). If the two
languages differ, the Korean text counts.
$en$
 WHERE kind = 'privacy'
   AND version = '2026-11-01';


UPDATE consent_documents
   SET text_ko = $ko$
1. 무엇을 받는가. 새로운 채용 소식과 서비스 소식, 혜택을 가입한 이메일로 보내 드립니다. 이를 위해 이메일과 이름, 언어를
씁니다.

2. 선택입니다. 동의하지 않아도 서비스를 쓰는 데 아무 차이가 없습니다. 로그인과 계정에 관한 알림은 이 동의와 관계없이
보냅니다.

3. 거두는 법. 계정 페이지에서 언제든 거둘 수 있고, 거두면 더 보내지 않습니다. 동의는 거두거나 탈퇴할 때까지입니다.

4. 연락. 문의는 이 사이트의 운영자에게 해 주세요.
$ko$,
       text_en = $en$
1. What you get. News of jobs, of the service and offers, by mail to the address of your account. Your address, name and
language are used for it.

2. It is optional. The service is the same without. Notices about signing in and your account are sent in either case.

3. Taking it back. At any time, on the page of your account; then nothing more is sent. It holds until you take it back
or delete your account.

4. Contact. Please turn to the operator of this site. If the two languages differ, the Korean text counts.
$en$
 WHERE kind = 'marketing'
   AND version = '2026-11-01';


-- Lines of a paragraph become one.
UPDATE consent_documents
   SET text_ko = regexp_replace(btrim(text_ko, E'\n'), '([^\n])\n(?!\n)', '\1 ', 'g'),
       text_en = regexp_replace(btrim(text_en, E'\n'), '([^\n])\n(?!\n)', '\1 ', 'g');


ALTER TABLE consent_documents
    ALTER COLUMN text_ko SET NOT NULL,
    ALTER COLUMN text_en SET NOT NULL;


-- The public list of documents is kept: a new row drops it.
CREATE TRIGGER consent_documents_notify
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON consent_documents
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_everything();
