// The browser's part of passkeys: asks for one when the button is pressed, and sends its answer with the form around it.
// The page says what to ask (data-options). Nothing is loaded, nothing is sent but that form.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const words = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const listed = (credentials) => (credentials || []).map((one) => ({ ...one, id: bytes(one.id) }));

function asked(options) {
  const ready = { ...options, challenge: bytes(options.challenge) };
  if (options.user) ready.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) ready.excludeCredentials = listed(options.excludeCredentials);
  if (options.allowCredentials) ready.allowCredentials = listed(options.allowCredentials);
  return ready;
}

function answered(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    if (credential.response[part]) response[part] = words(credential.response[part]);
  }
  return JSON.stringify({ id: credential.id, rawId: words(credential.rawId), type: credential.type, response });
}

async function ask(form) {
  const failed = form.querySelector("[data-failed]");
  failed.textContent = "";
  try {
    const publicKey = asked(JSON.parse(form.dataset.options));
    form.elements.credential.value = answered(await navigator.credentials[form.dataset.passkey]({ publicKey }));
  } catch {
    failed.textContent = failed.dataset.failed; // turned down, timed out, or there already: browsers do not say which
    return;
  }
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
  for (const instead of document.querySelectorAll("[data-without]")) instead.remove();
}
