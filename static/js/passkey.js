// Wires the forms of passkeys, [data-passkey], to allauth's scripts, which speak to the browser and send what it signed
// in the hidden field; and says in words what they could not do.
const form = document.querySelector("[data-passkey]");
const ids = { add: "passkey-use", login: "passkey-use", authenticate: "passkey-use", credential: "passkey-credential" };
const kinds = { add: "addForm", show: "authenticateForm", "sign in": "loginForm" };

// Browsers make passkeys for names only, never for a bare address, and only where nobody can read along.
function findObstacle() {
  const { hostname, protocol, port } = location;
  if (hostname === "127.0.0.1" || hostname === "[::1]") {
    const named = `${protocol}//localhost${port && `:${port}`}`;
    return `A passkey needs a name in the address: open Gistline as ${named} to use one.`;
  }
  if (/^[\d.]+$|^\[/.test(hostname)) return "A passkey needs a name in the address, and here it is a bare number. Ask an owner for the name.";
  if (!isSecureContext) return "A passkey works over https only. Ask an owner to set it up.";
  return window.PublicKeyCredential ? "" : "This browser knows no passkeys. Use another one, or a code.";
}

function complain(text) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  trouble.textContent = text;
  trouble.hidden = !text;
}

function explain(problem) {
  if (problem.name === "InvalidStateError") return "This device already holds a passkey of yours for Gistline.";
  if (problem.name === "NotAllowedError") return "No passkey was used: it was cancelled, took too long, or none fits. Try again.";
  if (problem.name === "ConstraintError" || problem.name === "NotSupportedError") {
    return "This device cannot check who holds the passkey. Untick the box, so that the password is asked for as well.";
  }
  return "The passkey did not work. Load the page anew and try again.";
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  complain(explain(event.detail.exception));
});

if (form) {
  const kind = form.dataset.passkey;
  const obstacle = findObstacle();
  const button = form.querySelector("#passkey-use");
  if (obstacle) {
    button.disabled = true;
    complain(obstacle);
  } else {
    const box = form.querySelector("[name=passwordless]");
    form.hidden = false;
    button.addEventListener("click", () => complain(""));
    window.allauth.webauthn.forms[kinds[kind]]({ ids: { ...ids, passwordless: box?.id, data: "passkey-task" } });
  }
}
